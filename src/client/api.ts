// What both entries of the package export: of the client, whatever carries its messages.

export type { Holder } from '../protocol/lock-changes.ts';
export type { Kind } from '../protocol/state.ts';
export type { Value } from '../protocol/value.ts';
export type { ListedKey } from '../transport/list-codec.ts';
export type { ErrorCode } from '../transport/service-errors.ts';
export type {
  BatchBare,
  BatchCas,
  BatchChange,
  BatchDelete,
  BatchDone,
  BatchFailed,
  BatchItem,
  BatchOptions,
  BatchOutcome,
  BatchTarget,
  BatchWrite,
} from './batch.ts';
export type { Client } from './client.ts';
export {
  BadRequestError,
  type ClientErrorCode,
  LeaseLostError,
  RefusedError,
  SynodError,
  TransactionConflictError,
  UnavailableError,
  UnknownOutcomeError,
} from './errors.ts';
export type { ListOptions } from './list.ts';
export type { Barrier, WaitOptions } from './recipes/barrier.ts';
export type { Counter, Ids } from './recipes/counter.ts';
export type { Election, Leader } from './recipes/election.ts';
export type { Lease } from './recipes/lease.ts';
export type { Lock } from './recipes/lock.ts';
export type { OnceOptions } from './recipes/once.ts';
export type { AcquireOptions, LeaseOptions, Semaphore } from './recipes/semaphore.ts';
export type { CallOptions, Register, Registers, Switch, Variable, WriteOptions } from './registers.ts';
export type { Hint, OnHint } from './service.ts';
export type { ServiceOptions } from './service-options.ts';
export type { State } from './state.ts';
export type {
  TransactionKeys,
  TransactionOptions,
  TransactionWork,
} from './transactions/transaction.ts';
export type { KeyState, WatchOptions } from './watch.ts';
