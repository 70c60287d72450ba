// The error codes that clients see, with the number each carries in the header of a NATS service error.

/** The codes of the service. Only `unknown` may or may not be applied; all others are definite, nothing was applied. */
export type ErrorCode =
  | 'bad_request'
  | 'bad_key'
  | 'bad_value'
  | 'unknown_change'
  | 'conflict'
  | 'already_written'
  | 'wrong_kind'
  | 'rejected'
  | 'too_large'
  | 'overloaded'
  | 'no_quorum'
  | 'unknown'
  | 'storage_full';

export const ERROR_NUMBERS: Readonly<Record<ErrorCode, number>> = {
  bad_request: 400,
  bad_key: 400,
  bad_value: 400,
  unknown_change: 400,
  conflict: 409,
  already_written: 409,
  wrong_kind: 409,
  rejected: 409,
  too_large: 413,
  overloaded: 429,
  no_quorum: 503,
  unknown: 504,
  storage_full: 507,
};

/** With these nothing was done for the request, or nobody knows. The others are answers. */
export const IN_VAIN: readonly ErrorCode[] = ['no_quorum', 'unknown', 'overloaded', 'storage_full'];

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERROR_NUMBERS, code);
}

/** A request that was not tried, because of what it says. */
export class BadRequest extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string) {
    super(message);
    this.name = 'BadRequest';
    this.code = code;
  }
}
