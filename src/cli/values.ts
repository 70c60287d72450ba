// Values on the command line, in and out.

import { readFileSync } from 'node:fs';
import { BadRequestError } from '../client/errors.ts';
import type { Value } from '../protocol/value.ts';

export const VALUES = `
A VALUE is JSON where it is JSON, and otherwise the text itself: 7, true, '{"a":1}', hello. --text takes it as text always,
- reads it from stdin.`;

export interface ValueFlags {
  readonly json?: boolean;
  readonly text?: boolean;
}

/** @throws BadRequestError when stdin cannot be read */
export function givenValue(argument: string, { text = false }: ValueFlags = {}): Value {
  const given = argument === '-' ? readStdin() : argument;
  if (text) return given;
  try {
    return JSON.parse(given);
  } catch {
    return given;
  }
}

/** Text as it is, anything else as JSON. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function readStdin(): string {
  try {
    return readFileSync(0, 'utf8');
  } catch (cause) {
    throw new BadRequestError('bad_value', 'Cannot read the value from stdin', { cause });
  }
}

/** @throws BadRequestError unless it is a whole number from `min` on */
export function wholeNumberOf(argument: string, name: string, min: number): number {
  const number = Number(argument);
  if (/^-?\d{1,16}$/.test(argument) && Number.isSafeInteger(number) && number >= min) return number;
  const range = min === Number.MIN_SAFE_INTEGER ? '' : ` from ${min} on`;
  throw badRequest(`Cannot use '${argument}' for ${name}: it must be a whole number${range}`);
}

export function badRequest(message: string): BadRequestError {
  return new BadRequestError('bad_request', message);
}
