// What everything in one run shares.

import type { Coverage } from './coverage.ts';
import type { Dice } from './dice.ts';
import type { EventQueue } from './event-queue.ts';
import type { Plan } from './plan.ts';
import type { Trace } from './trace.ts';

export interface World {
  readonly events: EventQueue;
  readonly dice: Dice;
  readonly plan: Plan;
  readonly trace: Trace;
  readonly coverage: Coverage;
}
