// What a runtime counts of its turns: plain fields, read when somebody looks.

import { Histogram, SIZES, TIMES_MS } from './histogram.ts';

export class TurnTally {
  /** Inputs of a turn; how many turns there were is how many values it has. */
  readonly inputs = new Histogram(SIZES);
  /** Rows of a commit, and how long it took in milliseconds until it was durable. */
  readonly rows = new Histogram(SIZES);
  readonly commitMs = new Histogram(TIMES_MS);
}
