// The metrics of the loop that acceptors and proposers share.

import { together } from '../../actors/histogram.ts';
import type { TurnTally } from '../../actors/turn-tally.ts';
import type { Metrics } from './metrics.ts';

interface Turns {
  readonly tally: TurnTally;
  readonly waiting: number;
  readonly dropped: number;
}

/** @param loops all of the process, asked for when somebody reads. */
export function turnMetrics(metrics: Metrics, loops: () => readonly [Turns, ...Turns[]]): void {
  const sum = (of: (turns: Turns) => number): number =>
    loops().reduce((total, turns) => total + of(turns), 0);
  metrics.gauge({ name: 'synod_mailbox_items', help: 'What waits for a turn' }, () =>
    sum(({ waiting }) => waiting),
  );
  metrics.counter(
    { name: 'synod_mailbox_dropped_total', help: 'Messages that were dropped because too much waited' },
    () => sum(({ dropped }) => dropped),
  );
  metrics.histogram({ name: 'synod_turn_inputs', help: 'Messages and requests in a turn' }, 1, () => {
    const [first, ...others] = loops();
    return [[{}, together([first.tally.inputs, ...others.map(({ tally }) => tally.inputs)])]];
  });
}
