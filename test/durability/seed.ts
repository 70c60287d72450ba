// One seed for the tests of a file, printed with what repeats them. Damage is repeated exactly; a recorded acceptor
// gets the same work, but how its threads take turns is the machine's.

import type { ExecutionContext } from 'ava';

const given = process.env.SYNOD_SEED;
export const SEED = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);

export function logSeed(t: ExecutionContext): void {
  t.log(`replay: SYNOD_SEED=${SEED} npx ava --config config/ava.config.js --match '${t.title}'`);
}
