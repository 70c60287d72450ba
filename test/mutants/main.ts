// Lets the simulator hunt one mutant, however seldom it meets it:
//   node dist/test/mutants/main.js 'part of what it breaks' [runs at most]

import { hunt } from './children.ts';
import { MUTANTS } from './mutants.ts';
import { mutatedCopy } from './mutated-copy.ts';

const [, , part, runs = '1000'] = process.argv;
const mutant = MUTANTS.find(({ breaks }) => part !== undefined && breaks.includes(part));
const seeds = Number(runs);
if (mutant === undefined || !(seeds > 0)) {
  console.error("Usage: node dist/test/mutants/main.js 'part of what a mutant breaks' [runs at most, 1000]");
  process.exitCode = 2;
} else {
  const { breaks } = mutant;
  const found = await hunt(mutatedCopy('hunted', mutant), { first: [], from: 1, seeds, breaks });
  const what =
    found.rule === undefined ? 'survived' : `by seed ${found.seed} the broken rule '${found.rule}'`;
  console.log(`${breaks}: after ${found.runs} runs ${what}`);
}
