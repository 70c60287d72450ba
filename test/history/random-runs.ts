// One seed for the random tests of a file, printed with the command that replays them.

import type { ExecutionContext } from 'ava';

const given = process.env.SYNOD_SEED;
const seed = given === undefined ? Date.now() % 2 ** 31 : Number(given);

/** Parameters for fc.assert. */
export function randomRuns(
  t: ExecutionContext,
  numRuns: number,
): {
  seed: number;
  numRuns: number;
  includeErrorInReport: boolean;
} {
  const file = t.title === '' ? '' : ` --match '${t.title}'`;
  t.log(`${numRuns} runs; replay: SYNOD_SEED=${seed} npx ava --config config/ava.config.js${file}`);
  return { seed, numRuns, includeErrorInReport: true };
}
