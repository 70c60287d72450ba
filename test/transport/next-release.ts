// A release after this one, as upgrades are tried with it: a copy of the product in which collecting came with the next
// wire version, and with it what acceptors tell of keys for that. What it sends besides is what this build sends.

import type { Patch } from '../mutants/mutants.ts';

const FILE = 'src/transport/wire-version.js';

export const NEXT_RELEASE: readonly Patch[] = [
  { file: FILE, search: 'export const WIRE_VERSION = 3;', replace: 'export const WIRE_VERSION = 4;' },
  { file: FILE, search: 'new Map([])', replace: "new Map([['collect', 4], ['collected', 4]])" },
  {
    file: 'src/transport/keys-codec.js',
    search: "kind: 'key page' }",
    replace: "kind: page.isOver ? 'collected' : 'key page' }",
  },
];
