// Writes down anew what catches each mutant (caught.ts): `node dist/test/mutants/record.js`, some minutes.

import { readCaught, writeCaught } from './caught.ts';
import { hunt, neglectedDuties } from './children.ts';
import { DUTY_MUTANTS, type Mutant, SIMULATED_MUTANTS } from './mutants.ts';
import { mutatedCopy, removeCopies } from './mutated-copy.ts';

const SEEDS_MAX = 1000;

const recorded = readCaught();

async function seedsThatCatch(mutant: Mutant, number: number): Promise<readonly [string, number][]> {
  const { breaks } = mutant;
  const known = recorded.bySeed[breaks];
  const first = known === undefined ? [] : [known];
  const copy = mutatedCopy(`simulated-${number}`, mutant);
  const { seed } = await hunt(copy, { breaks, first, from: 1, seeds: SEEDS_MAX });
  console.log(`${breaks}: ${seed === undefined ? 'survived' : `caught by seed ${seed}`}`);
  return seed === undefined ? [] : [[breaks, seed]];
}

async function dutiesThatCatch(mutant: Mutant, number: number): Promise<readonly [string, string][]> {
  const { breaks } = mutant;
  const copy = mutatedCopy(`runtime-${number}`, mutant);
  const [title] = await neglectedDuties(copy, recorded.byDuty[breaks]);
  console.log(`${breaks}: ${title === undefined ? 'survived' : `caught by the duty '${title}'`}`);
  return title === undefined ? [] : [[breaks, title]];
}

removeCopies();
try {
  const [bySeed, byDuty] = await Promise.all([
    Promise.all(SIMULATED_MUTANTS.map(seedsThatCatch)),
    Promise.all(DUTY_MUTANTS.map(dutiesThatCatch)),
  ]);
  writeCaught({ bySeed: Object.fromEntries(bySeed.flat()), byDuty: Object.fromEntries(byDuty.flat()) });
} finally {
  removeCopies();
}
