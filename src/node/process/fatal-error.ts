// Failures that starting again does not mend, and what else has an exit code of its own.

import type { StandingStatus } from '../../actors/standing.ts';
import { StoreError, type StoreErrorCode } from '../../storage/store.ts';

/** An acceptor must not vote with the file that it has, and a person must look: EX_DATAERR of BSD's sysexits.h. */
export const QUARANTINE_EXIT_CODE = 65;
/** Nothing is wrong with it, and it is not done yet: EX_TEMPFAIL. */
export const NOT_YET_EXIT_CODE = 75;

/** What it was started with belongs elsewhere: EX_CONFIG. */
export const MISPLACED_EXIT_CODE = 78;

/** Another cluster is where the node was started. Nothing is wrong with its data, and to start it again does not help. */
export class MisplacedError extends Error {
  readonly code = 'misplaced';

  constructor(message: string) {
    super(message);
    this.name = 'MisplacedError';
  }
}

/** The acceptor may have forgotten something, and never votes again (A4). */
export class QuarantineError extends Error {
  readonly code = 'quarantined';

  constructor(id: string, why: string) {
    super(`Acceptor '${id}' must not vote: ${why}. ${advice(id)}`);
    this.name = 'QuarantineError';
  }
}

/** The acceptor is up and does not vote. */
export class NotVotingError extends Error {
  readonly code = 'not_voting';
  readonly status: Exclude<StandingStatus, 'voting'>;

  constructor(status: Exclude<StandingStatus, 'voting'>, why: string) {
    super(why);
    this.name = 'NotVotingError';
    this.status = status;
  }
}

function advice(id: string): string {
  return `Stop it and put back the very latest file of ${id} if there is one; never start it on an older or an empty one, and "synod member replace" puts a new acceptor in its place. The cluster goes on as long as a majority of its acceptors is well.`;
}

const BAD_FILES: readonly StoreErrorCode[] = ['corrupt', 'foreign', 'newer_format', 'older_format'];

export function exitCodeOf(error: unknown): number {
  if (error instanceof NotVotingError)
    return error.status === 'asking' ? NOT_YET_EXIT_CODE : QUARANTINE_EXIT_CODE;
  if (error instanceof MisplacedError) return MISPLACED_EXIT_CODE;
  const isFatal =
    error instanceof QuarantineError || (error instanceof StoreError && BAD_FILES.includes(error.code));
  return isFatal ? QUARANTINE_EXIT_CODE : 1;
}
