// What is recorded: the product as it ships, and copies of it in which a rule of durability is broken.

import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Patch } from '../mutants/mutants.ts';
import { patchedCopy } from '../mutants/mutated-copy.ts';

export const PRODUCT = fileURLToPath(new URL('../../', import.meta.url));
const PACKAGE_FILE = join(PRODUCT, '../package.json');

/** So that a record of seconds has many checkpoints in it; every size is the same code. */
export const SMALL_WAL: Patch = {
  file: 'src/storage/sqlite-open.js',
  search: 'const WAL_PAGES_MAX = 4000;',
  replace: 'const WAL_PAGES_MAX = 60;',
};

export const NO_SYNC: Patch = {
  file: 'src/storage/sqlite-open.js',
  search: "{ name: 'synchronous', value: 'FULL', granted: 2 }",
  replace: "{ name: 'synchronous', value: 'OFF', granted: 0 }",
};

/** In each of them something is told that is not durable. */
export const BROKEN: readonly {
  readonly breaks: string;
  readonly patch: Patch;
  /** What is broken shows only after a kill between write and sync. */
  readonly needsKill?: boolean;
}[] = [
  { breaks: 'SQLite does not sync', patch: NO_SYNC },
  {
    breaks: 'SQLite syncs only when it moves the WAL',
    patch: { ...NO_SYNC, replace: "{ name: 'synchronous', value: 'NORMAL', granted: 1 }" },
  },
  {
    breaks: 'the runtime sends before the commit',
    patch: {
      file: 'src/actors/runtime.js',
      search: 'await store.commit(persist);',
      replace: 'void store.commit(persist);',
    },
  },
  {
    breaks: 'what a killed process left in the WAL is shown before it is synced',
    patch: {
      file: 'src/storage/sqlite-open.js',
      search: 'await syncWhatWasRecovered(connection, owner.path);',
      replace: '',
    },
    needsKill: true,
  },
];

/** Runs `use` with a patched copy of the product and removes that. Names of copies at the same time must differ. */
export async function withCopy<Result>(
  name: string,
  patches: readonly Patch[],
  use: (product: string) => Promise<Result>,
): Promise<Result> {
  const folder = join(PRODUCT, 'durability', name);
  try {
    const copy = patchedCopy(join(folder, 'dist'), ['src'], patches);
    cpSync(PACKAGE_FILE, join(folder, 'package.json'));
    return await use(copy);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
