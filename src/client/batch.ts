// What a batch asks for and how its requests end, as types.

import type { Value } from '../protocol/value.ts';
import type { SynodError } from './errors.ts';
import type { CallOptions } from './registers.ts';
import type { State } from './state.ts';

/** One request of a batch: the operation, the key, and what the operation takes. */
export type BatchItem = {
  /** The register's. */
  readonly key: string;
  /** Makes a repetition harmless, from any client. Default: a fresh one. */
  readonly id?: string;
} & (
  | { readonly operation: 'switch.set' | 'switch.read' | 'register.read' | 'variable.read' }
  | { readonly operation: 'register.write' | 'variable.write' | 'variable.create'; readonly value: Value }
  | { readonly operation: 'variable.cas'; readonly value: Value; readonly version: number }
  | { readonly operation: 'variable.cas'; readonly value: Value; readonly expect: Value }
  | { readonly operation: 'variable.delete'; readonly version?: number }
  | { readonly operation: 'variable.change'; readonly change: string; readonly args?: readonly Value[] }
);

/** How one request of a batch ended: with what its own call would have shown, or would have thrown. */
export type BatchOutcome =
  | ({ readonly ok: true } & State<unknown>)
  | { readonly ok: false; readonly error: SynodError };

/** What a batch takes; each of its requests has an id of its own. */
export type BatchOptions = Omit<CallOptions, 'id'>;
