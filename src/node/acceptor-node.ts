// Placeholder: an acceptor as a process.

import type { AcceptorConfig } from './config.ts';
import type { Serving } from './serving.ts';

/** Serves until `signal` is aborted, then drains and returns. Rejects when it cannot serve. */
export async function runAcceptor(config: AcceptorConfig, _serving: Serving): Promise<void> {
  throw new Error(`Cannot run acceptor ${config.id}: it is not written yet`);
}
