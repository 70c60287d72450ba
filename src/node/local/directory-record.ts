// What a directory was made for: the cluster and its acceptors. Their votes lie in it, so another set of
// acceptors on the same directory could forget or contradict them; it is refused, never adjusted to.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { StartError } from '../process/start-error.ts';
import { writeFileAtomically } from './atomic-file.ts';

const RECORD_FILE = 'synod.json';
const record = z.strictObject({
  format: z.literal(1),
  cluster: z.string(),
  acceptors: z.array(z.string()),
});

export interface Membership {
  readonly cluster: string;
  readonly acceptors: readonly string[];
}

/** @throws StartError when the directory was made for another membership. */
export function checkMembership(directory: string, { cluster, acceptors }: Membership): void {
  const made = readMembership(directory);
  if (made === undefined) return;
  if (made.cluster !== cluster) {
    throw new StartError(
      `Cannot use ${directory}: it belongs to the cluster "${made.cluster}", not "${cluster}". Set SYNOD_CLUSTER ` +
        `to that, or give another --data DIR.`,
    );
  }
  if (made.acceptors.join() !== acceptors.join()) {
    throw new StartError(
      `Cannot use ${directory} with --acceptors ${acceptors.length}: it was made with ${made.acceptors.length}, ` +
        `for good. Start with --acceptors ${made.acceptors.length}, or give another --data DIR.`,
    );
  }
}

/** Writes down what the directory is for, once: before the first acceptor puts anything into it. */
export function recordMembership(directory: string, { cluster, acceptors }: Membership): void {
  if (readMembership(directory) !== undefined) return;
  writeFileAtomically(join(directory, RECORD_FILE), `${JSON.stringify({ format: 1, cluster, acceptors })}\n`);
}

/** @returns undefined when the directory was not made for any yet. @throws StartError */
export function readMembership(directory: string): Membership | undefined {
  const path = join(directory, RECORD_FILE);
  const text = readIfThere(path);
  return text === undefined ? undefined : parseRecord(path, text);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseRecord(path: string, text: string): Membership {
  try {
    return record.parse(JSON.parse(text));
  } catch (cause) {
    throw new StartError(
      `Cannot read ${path}: it is not what this version of Synod wrote. Put the file back, or give another --data DIR.`,
      { cause },
    );
  }
}
