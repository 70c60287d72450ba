// What a client offers, as types: registers of three kinds, and hints. The recipes are made of these alone.

import type { Value } from '../protocol/value.ts';
import type { OnHint } from './service.ts';
import type { State } from './state.ts';

/** Gives access to registers by their keys. @throws BadRequestError `bad_key` */
export interface Registers {
  /** The switch of this key. */
  switch(key: string): Switch;
  /** The write-once register of this key. */
  register<T extends Value = Value>(key: string): Register<T>;
  /** The variable of this key. */
  variable<T extends Value = Value>(key: string): Variable<T>;
  /** Hears of changes of the keys that `pattern` names (`orders.>`, `a.*.b`). Hints get lost, and come twice. @returns what stops it. */
  hints(pattern: string, onHint: OnHint): () => void;
}

/** What every call takes. */
export interface CallOptions {
  /** How long this call may take with all its attempts, in ms. Default: that of the client. */
  readonly timeoutMs?: number;
  /** Gives up when it aborts; the call then rejects with the signal's reason, and its outcome is unknown. */
  readonly signal?: AbortSignal;
  /** Makes a repetition of this call harmless, from any client. Default: a fresh one for each call. */
  readonly id?: string;
}

/** What a write of a variable takes besides. */
export interface WriteOptions extends CallOptions {
  /**
   * After so long, in ms (1 to 10 years), the variable is unset again, by the clocks of the proposers. Default: never. A later write says so
   * anew; a named change leaves it as it is.
   */
  readonly ttlMs?: number;
}

/** A switch that is turned on once and stays on. */
export interface Switch {
  /** Turns it on. @throws RefusedError `already_written` when it is on. */
  set(options?: CallOptions): Promise<void>;
  /** Whether it is on, linearizable. */
  read(options?: CallOptions): Promise<boolean>;
}

/** A register that is written once and stays. */
export interface Register<T extends Value> {
  /** Writes it. @throws RefusedError `already_written`, with the value in `state`. */
  write(value: T, options?: CallOptions): Promise<void>;
  /** The value, or unset, linearizable. */
  read(options?: CallOptions): Promise<State<T>>;
}

/** A variable: written any number of times, compared and set, changed by named functions. */
export interface Variable<T extends Value> {
  /** The value and version, linearizable: never older than what any client was told before. */
  read(options?: CallOptions): Promise<State<T>>;
  /** Writes, whatever is there. @returns what it then was. */
  write(value: T, options?: WriteOptions): Promise<State<T>>;
  /** Writes if it is unset. @throws RefusedError `conflict` */
  create(value: T, options?: WriteOptions): Promise<State<T>>;
  /**
   * Compare-and-set: writes if the version (0 is unset), or the value, is the expected one. Values are the same by content.
   * @throws RefusedError `conflict`, with what is there in `state`
   */
  cas(value: T, expected: { version: number } | { expect: T }, options?: WriteOptions): Promise<State<T>>;
  /** Back to unset, if the version is the expected one. @throws RefusedError `conflict` */
  delete(options?: CallOptions & { readonly version?: number }): Promise<State<T>>;
  /**
   * Makes the next value of this one by a change that proposers know by name: `add`, `max`, `min`, `append`, `addToSet`,
   * `removeFromSet`, `merge`, `setField`, or one of your own, `name` or `name@version` (docs/recipes.md).
   * @throws RefusedError `rejected` when the change does not take this value or these arguments; BadRequestError `unknown_change`
   */
  change(change: string, args?: readonly Value[], options?: CallOptions): Promise<State<T>>;
}
