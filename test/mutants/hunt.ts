// Runs inside a copy, as a process of its own: tries seeds until one breaks a rule, and prints what it found.

import { runSeeds } from '../simulation/many.ts';

const { runs, failed } = runSeeds({ from: 1, seeds: Number(process.argv[2]) });
const found = failed?.violation;
console.log(JSON.stringify({ runs, rule: found?.rule, seed: failed?.seed, message: found?.message }));
