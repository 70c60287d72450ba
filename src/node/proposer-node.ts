// Placeholder: a proposer as a process.

import type { ProposerConfig } from './config.ts';
import type { Serving } from './serving.ts';

/** Serves until `signal` is aborted, then drains and returns. Rejects when it cannot serve. */
export async function runProposer(config: ProposerConfig, _serving: Serving): Promise<void> {
  throw new Error(`Cannot run proposer ${config.name}: it is not written yet`);
}
