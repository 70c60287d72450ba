// What an actor is: a pure, synchronous step over its whole mailbox. It never awaits, reads a clock, rolls
// dice or touches a socket or a file; the runtime (runtime.ts) and the simulator do that for it.

import type { Slot } from '../protocol/acceptor.ts';
import type { Prints } from '../protocol/filter.ts';

/** What one step makes its runtime do: first make `persist` durable, then send (A3). */
export interface Turn<Output> {
  readonly persist: ReadonlyMap<string, Slot>;
  readonly send: readonly Output[];
  /** When to step again even if nothing arrives. */
  readonly wakeAtMs: number | undefined;
}

/** What a step over some inputs needs and has not in memory. */
export interface Needs {
  readonly slots: readonly string[];
  /** The partitions whose keys are asked for. */
  readonly partitions: readonly number[];
}

/** What was needed, as far as it exists. */
export interface Loaded {
  readonly slots: ReadonlyMap<string, Slot>;
  /** Of all keys of each partition that have a slot; undefined where they are too many. */
  readonly prints: ReadonlyMap<number, Prints | undefined>;
}

export interface Actor<Input, Output> {
  needs(inputs: readonly Input[]): Needs;
  step(inputs: readonly Input[], loaded: Loaded, nowMs: number): Turn<Output>;

  /** What the last step persisted is durable. */
  settled?(): void;
  /** What to send instead of the last step, over these inputs, when there was no space to make it durable. */
  withoutSpace?(inputs: readonly Input[], loaded: Loaded): readonly Output[];
  /** Answers what can be answered at once, from what is durable, also while a step is being made so. */
  early?(inputs: readonly Input[]): Early<Input, Output>;
}

export interface Early<Input, Output> {
  readonly send: readonly Output[];
  /** The inputs that are left for a step. */
  readonly rest: readonly Input[];
}

export const NO_NEEDS: Needs = { slots: [], partitions: [] };
export const NOTHING_LOADED: Loaded = { slots: new Map(), prints: new Map() };
export const NOTHING_TO_PERSIST: ReadonlyMap<string, Slot> = new Map();
