// What is known to catch each mutant, by what it breaks: the seed of a run, or the title of a duty. It is tried first. A
// mutant that is not in it, or that something else catches by now, only takes longer.

import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const FILE = new URL('../../../test/mutants/caught.json', import.meta.url);

const caught = z.object({
  bySeed: z.record(z.string(), z.number()),
  byDuty: z.record(z.string(), z.string()),
});

export type Caught = z.infer<typeof caught>;

export function readCaught(): Caught {
  return caught.parse(JSON.parse(readFileSync(FILE, 'utf8')));
}

export function writeCaught(known: Caught): void {
  writeFileSync(FILE, `${JSON.stringify(known, undefined, 2)}\n`);
}
