// Checks gathered values against the shape they must have, and puts every mistake into a sentence that names
// its source, the value and what is allowed.

import type { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { type Gathered, variableOf } from './config-sources.ts';

/** Never repeated back to a terminal or a log. */
const SECRET_KEYS: ReadonlySet<string> = new Set([
  'natsPassword',
  'natsToken',
  'apiNatsPassword',
  'apiNatsToken',
]);

/** Sentences about given values that are good each by itself and not together. */
export type Together = (gathered: Gathered) => readonly string[];

/** @throws ConfigError with every mistake. */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  gathered: Gathered,
  together: Together,
): z.output<Schema> {
  const result = schema.safeParse(rawValues(gathered));
  const single = result.success ? [] : result.error.issues.map(issue => sentence(issue, gathered));
  // A list with two bad items has two issues and is one mistake.
  const mistakes = new Set([...gathered.mistakes, ...single, ...together(gathered)]);
  if (!result.success || mistakes.size > 0) throw new ConfigError([...mistakes]);
  return result.data;
}

/** The given values by key, as they were given. */
export function rawValues(gathered: Gathered): Readonly<Record<string, unknown>> {
  return Object.fromEntries([...gathered.given].map(([key, { value }]) => [key, value]));
}

function sentence(issue: z.core.$ZodIssue, gathered: Gathered): string {
  const key = String(issue.path[0]);
  const given = gathered.given.get(key);
  if (given === undefined) {
    return `Cannot start without ${key}: give ${gathered.flagOf(key)}, ${variableOf(key)} or "${key}" in the file of --config.`;
  }
  const shown = SECRET_KEYS.has(key) ? 'what was given' : withoutPasswords(JSON.stringify(given.value));
  return `Cannot use ${shown} for ${given.origin}: ${issue.message}.`;
}

/** A URL with a user is refused, and is then no reason to print the password. */
function withoutPasswords(shown: string): string {
  return shown.replace(/\/\/[^@"]*@/g, '//…@');
}
