// What an actor is: a pure, synchronous step over its whole mailbox. It never awaits, reads a clock, rolls
// dice or touches a socket or a file; the runtime (runtime.ts) and the simulator do that for it.

import type { Slot } from '../protocol/acceptor.ts';

/** What one step makes its runtime do: first make `persist` durable, then send (A3). */
export interface Turn<Output> {
  readonly persist: ReadonlyMap<string, Slot>;
  readonly send: readonly Output[];
  /** When to step again even if nothing arrives. */
  readonly wakeAtMs: number | undefined;
}

export interface Actor<Input, Output> {
  /** The keys whose slots the step over `inputs` needs and has not in memory. */
  missing(inputs: readonly Input[]): readonly string[];
  /** @param loaded the slots of the missing keys, as far as they have one. */
  step(inputs: readonly Input[], loaded: ReadonlyMap<string, Slot>, nowMs: number): Turn<Output>;

  /** What to send instead of a step over the same inputs that could not be made durable for lack of space. */
  withoutSpace?(inputs: readonly Input[], loaded: ReadonlyMap<string, Slot>): readonly Output[];
}

export const NOTHING_TO_PERSIST: ReadonlyMap<string, Slot> = new Map();
