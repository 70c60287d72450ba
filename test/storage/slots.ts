// Slots and files for the tests of the stores.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Slot } from '../../src/protocol/acceptor.ts';

/** Whose files the tests open. */
export const OWNER = { cluster: 'c', acceptor: 'a1' };

/** A slot that accepted `text` at `counter`. */
export function slotOf(counter: number, text: string): Slot {
  return {
    promised: { counter: counter + 1, proposer: 'p1-cafe' },
    accepted: { counter, proposer: 'p1-cafe' },
    value: new TextEncoder().encode(text),
  };
}

/** A directory of its own for one test. */
export async function temporaryDirectory(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'synod-storage-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Where one test's file will be. */
export async function newPath(t: ExecutionContext): Promise<string> {
  return join(await temporaryDirectory(t), 'a1.db');
}
