// Operations: what can be asked of one register. Owns their names and arguments; what they do to the
// state is in register.ts.

import type { Pass } from './passes.ts';
import type { Kind, RegisterState } from './state.ts';
import type { Value } from './value.ts';

/** What a client can ask. */
export type Operation =
  | { readonly type: 'switch.set' }
  | { readonly type: 'switch.read' }
  | { readonly type: 'register.write'; readonly value: Value }
  | { readonly type: 'register.read' }
  | { readonly type: 'variable.read' }
  | ({ readonly type: 'variable.write'; readonly value: Value } & Lasting)
  | ({ readonly type: 'variable.create'; readonly value: Value } & Lasting)
  | ({ readonly type: 'variable.cas'; readonly value: Value; readonly expect: Expectation } & Lasting)
  | { readonly type: 'variable.delete'; readonly version: number | undefined }
  | { readonly type: 'variable.change'; readonly change: string; readonly args: readonly Value[] };

/** After so long the variable is unset again; for ever where nothing is said. */
interface Lasting {
  readonly ttlMs?: number | undefined;
}

/** Ten years. */
export const TTL_MS_MAX = 10 * 366 * 24 * 3_600_000;

/** Of whole states, for backups, collection and moves (restoring.ts): asked by our own programs, never by clients. */
export type StateOperation =
  | { readonly type: 'state.read' }
  | { readonly type: 'state.restore'; readonly state: RegisterState }
  /** Has a round accepted that changes nothing, so that all have the same (D1). */
  | { readonly type: 'state.rewrite' }
  /** Of a register of a stay that is over, which this closes (G3). */
  | { readonly type: 'state.fetch' }
  /** A state that was fetched from another group, into a register of the next stay, which is this one (G3). */
  | { readonly type: 'state.bring'; readonly state: RegisterState; readonly stay: number }
  /** What is left of the registers that the other group has collected, for all registers of the next stay (G3). */
  | { readonly type: 'stay.begin'; readonly remains: RegisterState };

export type OperationType = Operation['type'];

/** What a compare-and-set compares: the version (0 is unset) or the value. */
export type Expectation =
  | { readonly by: 'version'; readonly version: number }
  | { readonly by: 'value'; readonly value: Value };

/** Every operation with the kind of register it belongs to. */
export const OPERATION_KINDS: Readonly<Record<OperationType, Kind>> = {
  'switch.set': 'switch',
  'switch.read': 'switch',
  'register.write': 'register',
  'register.read': 'register',
  'variable.read': 'variable',
  'variable.write': 'variable',
  'variable.create': 'variable',
  'variable.cas': 'variable',
  'variable.delete': 'variable',
  'variable.change': 'variable',
};

export function isRead(operation: Operation | StateOperation): boolean {
  return (
    operation.type === 'variable.read' ||
    operation.type === 'register.read' ||
    operation.type === 'switch.read' ||
    operation.type === 'state.read' ||
    operation.type === 'state.fetch' ||
    operation.type === 'stay.begin'
  );
}

/** One request for one register. `id`, when the client gave one, makes a retry harmless. */
interface RequestFor<Asked> {
  readonly operation: Asked;
  readonly id: string | undefined;
  /** Present when another proposer may execute it too (R3). */
  readonly pass?: Pass;
}

export type ClientRequest = RequestFor<Operation>;
export type Request = ClientRequest | RequestFor<StateOperation>;

export function isClients(request: Request): request is ClientRequest {
  return Object.hasOwn(OPERATION_KINDS, request.operation.type);
}
