// The state of one register, as it is replicated, and what a client is shown of it. What a request does to it is in
// register.ts.

import { NO_PASSES, type PassMarks } from './passes.ts';
import type { SessionMark } from './sessions.ts';
import type { Value } from './value.ts';

/** What a register is used as, from its first change on. */
export type Kind = 'switch' | 'register' | 'variable';

/** The replicated state of one register. Version 0 and no kind: nobody ever changed it. */
export interface RegisterState {
  readonly kind: Kind | undefined;
  /** How many changes were applied; grows by one with each. */
  readonly version: number;
  readonly set: boolean;
  /** Present for a set register or variable. */
  readonly value: Value | undefined;
  /** The ids of the last requests, oldest first: what makes a retry harmless (R1). */
  readonly remembered: readonly Remembered[];
  /** Which numbered ids were remembered before, the session that lost one last at the end (R4). */
  readonly forgotten: readonly SessionMark[];
  /** For each of the last proposers, its latest round in the history of this state, oldest first (R2). */
  readonly rounds: readonly RoundMark[];
  /** Which passed requests are behind in the history of this state (R3). */
  readonly passes: PassMarks;
  /**
   * Until when it stays as it is, in milliseconds by the clocks of proposers: a set variable expires then, an unset one may
   * be collected from then on (D1). Undefined for what stays.
   */
  readonly untilMs: number | undefined;
  /** The counter of the ballot by which an earlier life of the register was collected, 0 for none: what came of rounds up to it is forgotten (R2, D3). */
  readonly collected: number;
  /** The last stay in which a register of its partition was collected (G6); 0 also for none. */
  readonly collectedStay: number;
}

export interface Remembered {
  readonly id: string;
  readonly atSeconds: number;
  readonly ended: Ended;
}

export type Ended =
  /** `result` is what a named change came to, when it is small; other results follow from the request. */
  | { readonly kind: 'done'; readonly version: number; readonly result: Value | undefined }
  | { readonly kind: 'refused'; readonly code: RefusalCode };

export interface RoundMark {
  readonly proposer: string;
  readonly counter: number;
}

export const UNSET: RegisterState = {
  kind: undefined,
  version: 0,
  set: false,
  value: undefined,
  remembered: [],
  forgotten: [],
  rounds: [],
  passes: NO_PASSES,
  untilMs: undefined,
  collected: 0,
  collectedStay: 0,
};

export type RefusalCode = 'conflict' | 'already_written' | 'wrong_kind' | 'rejected' | 'too_large';

/** What a client is shown of a register. Version 0 means unset; the count of changes goes on underneath. */
export interface View {
  readonly set: boolean;
  readonly value: Value | undefined;
  readonly version: number;
}

export function viewOf(state: RegisterState): View {
  return { set: state.set, value: state.value, version: state.set ? state.version : 0 };
}
