// Runs inside a copy, as a process of its own: tries seeds until one breaks a rule, and prints what it found.
// Arguments: the number of the mutant, or -1 for the copy that is not mutated, and how many runs at most.

import { runSeeds } from '../simulation/many.ts';
import { MUTANTS } from './mutants.ts';

const [, , number, seeds] = process.argv;
const where = MUTANTS[Number(number)]?.where ?? ((): boolean => true);
const { runs, failed } = runSeeds({ from: 1, seeds: Number(seeds), where });
const found = failed?.violation;
console.log(JSON.stringify({ runs, rule: found?.rule, seed: failed?.seed, message: found?.message }));
