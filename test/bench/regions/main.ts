// `npm run bench:regions`: what a change takes over three regions, in virtual time.

import { markdownTable } from '../report/markdown.ts';
import { type Loop, mediansOf, REGIONS } from './regions.ts';

/** Enough that floors, which a proposer asks for partition by partition, are there for most creates. */
const ROUNDS = 2000;
const LOOPS: readonly Loop[] = ['read and cas', 'change', 'create'];

const rows = LOOPS.map(loop => {
  const medians = mediansOf(loop, ROUNDS);
  return [loop, ...REGIONS.map(region => (medians.get(region) ?? 0).toFixed(1))];
});
process.stdout.write(`${markdownTable(['median ms', ...REGIONS], rows, 1)}\n`);
