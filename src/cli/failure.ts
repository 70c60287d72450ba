// What a person reads when a command fails.

const PROGRAMMING_ERRORS = [TypeError, RangeError, ReferenceError, SyntaxError];

/** The sentence of an expected failure; the stack of one that is a mistake of ours. */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isOurs = PROGRAMMING_ERRORS.some(type => error instanceof type) || error.name === 'AssertionError';
  return isOurs ? (error.stack ?? error.message) : error.message;
}
