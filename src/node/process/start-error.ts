// Why a local cluster could not be started, told to a person.

/** Something outside stands in the way: a taken port, a missing program, a process that does not come up. */
export class StartError extends Error {
  readonly code = 'cannot_start';

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StartError';
  }
}
