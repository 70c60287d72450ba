// An operator who makes a fresh acceptor a member in the place of one that is gone.

import { clusterConfig } from '../../src/node/config.ts';
import { connectOperator, type Operator, OperatorError } from '../../src/node/operator.ts';

const UP_MS_MAX = 30_000;

/** Resolves when the change is over. `after` may be just starting. */
export async function replaceMember(nats: readonly string[], before: string, after: string): Promise<void> {
  const operator = await connectOperator(clusterConfig({ nats: nats.join(',') }, {}));
  try {
    await operator.begin({ [after]: await storeOf(operator, after) }, [before]);
    await operator.finish(() => {});
  } finally {
    await operator.close();
  }
}

/** Each question waits for a while by itself. */
async function storeOf(operator: Operator, id: string): Promise<string> {
  const overMs = performance.now() + UP_MS_MAX;
  for (;;) {
    try {
      return await operator.storeOf(id);
    } catch (error) {
      if (!(error instanceof OperatorError) || performance.now() > overMs) throw error;
    }
  }
}
