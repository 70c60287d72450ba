// What a person reads when a command fails.

import { TransportError } from '../transport/transport.ts';

const PROGRAMMING_ERRORS = [TypeError, RangeError, ReferenceError, SyntaxError];

/** The sentence of an expected failure; the stack of one that is a mistake of ours. */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof TransportError && error.message.startsWith('Cannot connect to NATS'))
    return `${error.message}\n${noServerAdvice(error.message, '--nats')}`;
  const isOurs = PROGRAMMING_ERRORS.some(type => error instanceof type) || error.name === 'AssertionError';
  return isOurs ? (error.stack ?? error.message) : error.message;
}

/**
 * What to look at when no NATS server lets us in.
 * @param message that says why
 * @param flag that the address is given by
 */
export function noServerAdvice(message: string, flag: string): string {
  const isSilent = message.endsWith(': TIMEOUT');
  const what = isSilent ? 'Nothing there spoke NATS in time' : 'No NATS server';
  return `${what}: is it up, and is ${flag} (or NATS_URL) right? \`synod up\` starts a whole cluster.`;
}
