// Copies of the compiled product, with its simulator, in which one rule is broken. The product itself has no
// switches for tests: what runs in a copy is the code that ships, but for the patch.

import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mutant, Patch } from './mutants.ts';

const DIST = fileURLToPath(new URL('../../', import.meta.url));
/** Below dist, so that the packages are found from there. */
const COPIES = join(DIST, 'mutants');
const PARTS = [
  'src/actors',
  'src/client',
  'src/history',
  'src/node',
  'src/protocol',
  'src/storage',
  'src/transport',
];
const TEST_PARTS = [
  'test/actors',
  'test/client/transactions/steps-duties.js',
  'test/exploration',
  'test/mutants',
  'test/node/batch-duties.js',
  'test/node/founder-duties.js',
  'test/node/pass-desk-duties.js',
  'test/node/reach-duties.js',
  'test/node/wakefulness-duties.js',
  'test/node/watch-duties.js',
  'test/node/member-duties.js',
  'test/protocol',
  'test/simulation',
  'test/storage/row-duties.js',
  'test/storage/slots.js',
  'test/transport/cut-transport.js',
  'test/transport/memory-transport.js',
];

/** @returns the folder of the copy, which stands for dist. */
export function mutatedCopy(name: string, { patches }: Pick<Mutant, 'patches'>): string {
  return patchedCopy(join(COPIES, name), [...PARTS, ...TEST_PARTS], patches);
}

/** Makes `copy` a copy of these parts of dist, with the patches. It must be below dist, whose files it shares by links. */
export function patchedCopy(copy: string, parts: readonly string[], patches: readonly Patch[]): string {
  rmSync(copy, { recursive: true, force: true });
  for (const part of parts) link(join(DIST, part), join(copy, part));
  for (const patch of patches) apply(copy, patch);
  return copy;
}

export function removeCopies(): void {
  rmSync(COPIES, { recursive: true, force: true });
}

function link(from: string, to: string): void {
  if (statSync(from).isDirectory()) {
    mkdirSync(to, { recursive: true });
    for (const name of readdirSync(from)) if (isWanted(name)) link(join(from, name), join(to, name));
  } else {
    mkdirSync(dirname(to), { recursive: true });
    linkSync(from, to);
  }
}

/** Folders and modules, without declarations, maps and tests. */
function isWanted(name: string): boolean {
  return !/(\.d\.ts|\.map|\.test\.js)$/.test(name);
}

function apply(copy: string, { file, search, replace }: Patch): void {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  const pattern = new RegExp(search.split(/\s+/).map(escaped).join('\\s+'), 'g');
  const found = text.match(pattern)?.length ?? 0;
  if (found !== 1)
    throw new RangeError(`Cannot mutate ${file}: '${search}' is there ${found} times, not once`);
  const mutated = text.replace(pattern, () => replace);
  // What is there is the file of the product itself.
  rmSync(path);
  writeFileSync(path, mutated);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
