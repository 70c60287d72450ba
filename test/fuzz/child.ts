// Fuzzes until it is killed: run after run, each from the seed and its own number alone, so that any of them can be
// repeated by itself. Tells its parent (fuzzing.ts) how far it is, and the first thing that it finds.

import { setImmediate } from 'node:timers/promises';
import { Dice } from '../simulation/dice.ts';
import { MESSAGE_BYTES_MAX } from './mutate.ts';
import { BROKEN, TARGETS } from './targets.ts';

export interface Progress {
  readonly kind: 'progress';
  /** The number of the next run. */
  readonly run: number;
  readonly taken: number;
  readonly peakBytes: number;
}

export interface Finding {
  readonly kind: 'finding';
  readonly run: number;
  readonly target: string;
  readonly error: string;
  /** In base64, the beginning of them. */
  readonly bytes: string;
}

const SLICE_MS = 100;
const SHOWN_BYTES_MAX = 2000;

const [seed = 0, from = 0] = process.argv.slice(2, 4).map(Number);
const targets = [...TARGETS, ...BROKEN.filter(({ name }) => name === process.argv[4])];
process.once('disconnect', () => process.exit(0));

let taken = 0;
for (let run = from; ; ) {
  const untilMs = performance.now() + SLICE_MS;
  while (performance.now() < untilMs) {
    fuzzOnce(run);
    run += 1;
  }
  tell({ kind: 'progress', run, taken, peakBytes: process.resourceUsage().maxRSS * 1024 });
  await setImmediate();
}

function fuzzOnce(run: number): void {
  const dice = new Dice(Math.imul(seed, 0x9e3779b1) + run);
  const target = dice.pick(targets);
  const bytes = target.make(dice).subarray(0, MESSAGE_BYTES_MAX);
  try {
    if (target.judge(bytes, dice) === 'taken') taken += 1;
  } catch (error) {
    const shown = Buffer.from(bytes.subarray(0, SHOWN_BYTES_MAX)).toString('base64');
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.send?.(
      { kind: 'finding', run, target: target.name, error: why.slice(0, SHOWN_BYTES_MAX), bytes: shown },
      () => process.exit(1),
    );
    // Nothing more is tried while that is on its way.
    throw error;
  }
}

function tell(message: Progress): void {
  process.send?.(message);
}
