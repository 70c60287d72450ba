// Placeholder: asks a node whether it serves.

import type { AcceptorConfig, ProposerConfig } from './config.ts';

/** Resolves when the node of this configuration answers over NATS; rejects with a sentence when it does not. */
export async function ping(config: AcceptorConfig | ProposerConfig): Promise<void> {
  throw new Error(`Cannot ping the ${config.kind}: it is not written yet`);
}
