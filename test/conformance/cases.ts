// The cases: requests and what is to come back, as data for programs of any language. RUN in a subject or a body stands
// for a name of the run's own, so that keys are fresh; the cases of a file build on each other.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** The folder of the sources, which has what is not compiled. */
export const FOLDER = join(import.meta.dirname, '../../../test/conformance');

const caseSchema = z.strictObject({
  subject: z.string(),
  headers: z.record(z.string(), z.string()).optional(),
  /** An object is sent as JSON, text as it is; absent: nothing is sent. */
  body: z.union([z.record(z.string(), z.unknown()), z.string()]).optional(),
  /** Sent instead of a body: bytes... */
  bodyBase64: z.string().optional(),
  /** ...or a value of so many letters. */
  valueLetters: z.number().optional(),
  /**
   * The whole body of the reply but for `error.message`, which is what the header Nats-Service-Error says. In the `replies` of a
   * batch there is an `error.message` too, and no header.
   */
  reply: z.record(z.string(), z.unknown()).optional(),
  /** The bytes of the reply. */
  replyBase64: z.string().optional(),
  /** The header Nats-Service-Error-Code; absent: there is none. */
  number: z.string().optional(),
  /** The NATS server says that nobody listens. */
  noResponders: z.literal(true).optional(),
});

export type Case = z.infer<typeof caseSchema>;

/** In the order of their names. */
export const FILES: readonly string[] = readdirSync(FOLDER)
  .filter(name => name.endsWith('.json'))
  .toSorted()
  .map(name => join(FOLDER, name));

export function readCases(file: string): readonly Case[] {
  return z.array(caseSchema).parse(JSON.parse(readFileSync(file, 'utf8')));
}
