// What a client can meet, as classes with a stable `code`. Whether a request took effect is the first thing
// the class tells: only an UnknownOutcomeError leaves it open.

import type { ErrorCode } from '../transport/service-errors.ts';
import type { State } from './state.ts';

/** What a program can tell errors apart by: codes of the service, and those of this side. */
export type ClientErrorCode =
  | ErrorCode
  | 'no_proposer'
  | 'no_server'
  | 'closed'
  | 'timeout'
  | 'bad_reply'
  | 'lease_lost';

/** The base of all errors of this client. */
export abstract class SynodError extends Error {
  /** Stable, where the message is for people. */
  readonly code: ClientErrorCode;
  constructor(code: ClientErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** Not tried, because of what was asked: `bad_request`, `bad_key`, `bad_value`, `unknown_change`, `too_large`. */
export class BadRequestError extends SynodError {}

/**
 * Definitely not applied, because of the register's state, which is in `state`: `conflict`, `already_written`,
 * `wrong_kind`, `rejected`.
 */
export class RefusedError extends SynodError {
  /** What is there. */
  readonly state: State<unknown>;
  constructor(code: ClientErrorCode, message: string, state: State<unknown>) {
    super(code, message);
    this.state = state;
  }
}

/**
 * Definitely not applied, because nobody could: `no_quorum`, `storage_full`, `overloaded`, `no_proposer`, `no_server`,
 * `closed`; for a read also `timeout` and `bad_reply`.
 */
export class UnavailableError extends SynodError {}

/** Definitely not applied, because others kept changing what the transaction read until its time was over: `conflict`. */
export class TransactionConflictError extends SynodError {}

/** What an aborted `signal` of a lease has as its reason: `lease_lost`. Somebody else may have been granted since. */
export class LeaseLostError extends SynodError {}

/** May or may not be applied: read the register to know, or repeat the request with the same id. */
export class UnknownOutcomeError extends SynodError {
  /** The id to repeat the request with. */
  readonly id: string | undefined;
  constructor(message: string, id: string | undefined, options?: { cause?: unknown }) {
    super('unknown', message, options);
    this.id = id;
  }
}
