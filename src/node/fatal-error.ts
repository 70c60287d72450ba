// Failures that starting again does not mend: a process that ends of one says so by its exit code.

import { StoreError, type StoreErrorCode } from '../storage/store.ts';

/** An acceptor must not vote with the file that it has, and a person must look: EX_DATAERR of BSD's sysexits.h. */
export const QUARANTINE_EXIT_CODE = 65;

/** The acceptor may have forgotten something, and never votes again (A4). */
export class QuarantineError extends Error {
  readonly code = 'quarantined';

  constructor(id: string, why: string) {
    super(`Acceptor '${id}' must not vote: ${why}. ${advice(id)}`);
    this.name = 'QuarantineError';
  }
}

function advice(id: string): string {
  return `Stop it and put back the very latest file of ${id} if there is one; never start it on an older or an empty one. The cluster goes on as long as a majority of its acceptors is well.`;
}

const BAD_FILES: readonly StoreErrorCode[] = ['corrupt', 'foreign', 'newer_format', 'older_format'];

export function exitCodeOf(error: unknown): number {
  const isFatal =
    error instanceof QuarantineError || (error instanceof StoreError && BAD_FILES.includes(error.code));
  return isFatal ? QUARANTINE_EXIT_CODE : 1;
}
