// Options of the commands that measure: those that all of them have, and how a mistake is told.

import { firstSignal } from '../../../src/cli/first-signal.ts';
import { StartError } from '../../../src/node/process/start-error.ts';

export class UsageError extends Error {}

/** @throws UsageError */
export function wholeNumber(flag: string, text: string, min: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= min) return number;
  throw new UsageError(`Cannot use "${text}" for --${flag}: it must be a whole number from ${min} on.`);
}

/** Seconds as milliseconds. @throws UsageError */
export function secondsAsMs(flag: string, text: string): number {
  const seconds = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && seconds <= 86_400) return seconds * 1000;
  throw new UsageError(`Cannot use "${text}" for --${flag}: it must be seconds, such as 5 or 0.5.`);
}

/** Several with commas between. @throws UsageError */
export function namesOf(flag: string, text: string, known: readonly string[]): readonly string[] {
  const names = text.split(',').map(name => name.trim());
  const stranger = names.find(name => !known.includes(name));
  if (stranger === undefined) return known.filter(name => names.includes(name));
  throw new UsageError(`Cannot use "${stranger}" for --${flag}: there are ${known.join(', ')}.`);
}

/**
 * Runs the command; a failure is told in a sentence, a mistake in the options with the usage. Ctrl-C
 * aborts `stopped`, upon which the command ends its servers and removes their data; a second one ends it at once.
 */
export async function runCommand(
  usage: string,
  command: (stopped: AbortSignal) => Promise<void>,
): Promise<never> {
  const stopping = new AbortController();
  void firstSignal(() => process.exit(1)).then(signal => {
    process.stderr.write(`${signal}: stopping\n`);
    stopping.abort(new StartError('Stopped: nothing was written.'));
  });
  try {
    await command(stopping.signal);
    process.exit(0);
  } catch (error) {
    const isUsage = error instanceof UsageError || (error instanceof TypeError && 'code' in error);
    const isExpected = error instanceof Error && ['StartError', 'TransportError'].includes(error.name);
    const isTold = isUsage || isExpected;
    process.stderr.write(`${error instanceof Error ? (isTold ? error.message : error.stack) : error}\n`);
    if (isUsage) process.stderr.write(`\n${usage}`);
    process.exit(isUsage ? 2 : 1);
  }
}
