// Runs inside a copy, as a process of its own: tries seeds until one breaks a rule, and prints what it found. What to
// try is its argument, as JSON.

import { runSeeds } from '../simulation/many.ts';
import type { Run } from '../simulation/simulation.ts';
import type { Hunt } from './children.ts';
import { MUTANTS } from './mutants.ts';

const { breaks, first, from, seeds }: Hunt = JSON.parse(process.argv[2] ?? '');
const { where } = MUTANTS.find(mutant => mutant.breaks === breaks) ?? {};

function hunt(): { readonly runs: number; readonly failed: Run | undefined } {
  for (const [tried, seed] of first.entries()) {
    const { failed } = runSeeds({ from: seed, seeds: 1 });
    if (failed !== undefined) return { runs: tried + 1, failed };
  }
  const { runs, failed } = runSeeds({ from, seeds, ...(where && { where }) });
  return { runs: first.length + runs, failed };
}

const { runs, failed } = hunt();
const found = failed?.violation;
console.log(JSON.stringify({ runs, rule: found?.rule, seed: failed?.seed, message: found?.message }));
