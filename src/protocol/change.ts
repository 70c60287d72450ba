// What a named change is. The built-in ones are in changes.ts.

import type { Value } from './value.ts';

/** A pure function. `value` is undefined while the variable is unset. Throws ChangeRejected to refuse. */
export type Change = (value: Value | undefined, args: readonly Value[], occasion: Occasion) => Value;
export type ChangeTable = ReadonlyMap<string, Change>;

/** What a change is told by the proposer that applies it, as one more argument. */
export interface Occasion {
  /** The proposer's clock, in ms since 1970: the only time that a change may know. */
  readonly nowMs: number;
  /** The version that the result gets. No version comes twice, also not after a delete. */
  readonly version: number;
}

/** A change that does not apply to this value or these arguments: definitely not applied. */
export class ChangeRejected extends Error {}
