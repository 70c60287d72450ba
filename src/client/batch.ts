// What a batch asks for and how its requests end, as types.

import type { Value } from '../protocol/value.ts';
import type { SynodError } from './errors.ts';
import type { CallOptions } from './registers.ts';
import type { State } from './state.ts';

/** One request of a batch: the operation, the key, and what the operation takes. */
export type BatchItem = BatchTarget & (BatchBare | BatchWrite | BatchCas | BatchDelete | BatchChange);

/** What every request of a batch names. */
export interface BatchTarget {
  /** The register's. */
  readonly key: string;
  /** Makes a repetition harmless, from any client. Default: a fresh one. */
  readonly id?: string;
}

/** A request of a batch that takes nothing. */
export interface BatchBare {
  /** The kind of the register, and what is done. */
  readonly operation: 'switch.set' | 'switch.read' | 'register.read' | 'variable.read';
}

/** A request of a batch that writes. */
export interface BatchWrite {
  /** The kind of the register, and what is done. */
  readonly operation: 'register.write' | 'variable.write' | 'variable.create';
  /** What is written. */
  readonly value: Value;
  /** Of a variable: after so long, in ms, it is unset again. Default: never. */
  readonly ttlMs?: number;
}

/** A compare-and-set in a batch, by `version` or by `expect`, one of the two. */
export interface BatchCas {
  /** The kind of the register, and what is done. */
  readonly operation: 'variable.cas';
  /** What is written. */
  readonly value: Value;
  /** The version that must be there; 0 is unset. */
  readonly version?: number;
  /** The value that must be there. */
  readonly expect?: Value;
  /** After so long, in ms, it is unset again. Default: never. */
  readonly ttlMs?: number;
}

/** A delete in a batch. */
export interface BatchDelete {
  /** The kind of the register, and what is done. */
  readonly operation: 'variable.delete';
  /** The version that must be there. Default: any. */
  readonly version?: number;
}

/** A named change in a batch. */
export interface BatchChange {
  /** The kind of the register, and what is done. */
  readonly operation: 'variable.change';
  /** Its name, as `Variable.change` takes it. */
  readonly change: string;
  /** What it takes. Default: nothing. */
  readonly args?: readonly Value[];
}

/** How one request of a batch ended: with what its own call would have shown, or would have thrown. */
export type BatchOutcome = BatchDone | BatchFailed;

/** A request of a batch that was done, with the state of the register. */
export interface BatchDone extends State<unknown> {
  /** Tells it from one that failed. */
  readonly ok: true;
}

/** A request of a batch that was not done, or is unknown. */
export interface BatchFailed {
  /** Tells it from one that was done. */
  readonly ok: false;
  /** What its own call would have thrown. */
  readonly error: SynodError;
}

/** What a batch takes; each of its requests has an id of its own. */
export type BatchOptions = Omit<CallOptions, 'id'>;
