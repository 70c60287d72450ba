// The metrics of the loop that acceptors and proposers share.

import type { TurnTally } from '../actors/turn-tally.ts';
import type { Metrics } from './metrics.ts';

interface Turns {
  readonly tally: TurnTally;
  readonly waiting: number;
  readonly dropped: number;
}

export function turnMetrics(metrics: Metrics, turns: Turns): void {
  metrics.gauge({ name: 'synod_mailbox_items', help: 'What waits for a turn' }, () => turns.waiting);
  metrics.counter(
    { name: 'synod_mailbox_dropped_total', help: 'Messages that were dropped because too much waited' },
    () => turns.dropped,
  );
  metrics.histogram({ name: 'synod_turn_inputs', help: 'Messages and requests in a turn' }, 1, () => [
    [{}, turns.tally.inputs],
  ]);
}
