import test from 'ava';
import { readCaught } from './caught.ts';
import { hunt, neglectedDuties } from './children.ts';
import { DUTY_MUTANTS, SIMULATED_MUTANTS } from './mutants.ts';
import { mutatedCopy, removeCopies } from './mutated-copy.ts';

/** So many runs must be enough to catch any mutant, and all of them pass without one. */
const SEEDS_MAX = 1000;
/** So that nobody waits for one process alone. */
const CONTROLS = 2;
const UNMUTATED = { patches: [] };

const { bySeed, byDuty } = readCaught();

test.before(removeCopies);
test.after.always(removeCopies);

for (let part = 0; part < CONTROLS; part++) {
  const seeds = SEEDS_MAX / CONTROLS;
  const from = 1 + part * seeds;
  const first = Object.values(bySeed).filter((_, i) => i % CONTROLS === part);
  const title = `from seed ${from} on, nor by seeds that caught one`;
  test(`mutants: the simulator finds nothing in a copy without a mutation, ${title} (negative control)`, async t => {
    const found = await hunt(mutatedCopy(`control-${part}`, UNMUTATED), { first, from, seeds });
    t.deepEqual(found, { runs: first.length + seeds });
  });
}

for (const [number, mutant] of SIMULATED_MUTANTS.entries()) {
  test(`mutants: the simulator catches one (${mutant.breaks})`, async t => {
    const { breaks } = mutant;
    const known = bySeed[breaks];
    const first = known === undefined ? [] : [known];
    const copy = mutatedCopy(`simulated-${number}`, mutant);
    const found = await hunt(copy, { breaks, first, from: 1, seeds: SEEDS_MAX });
    t.log(`after ${found.runs} runs, by seed ${found.seed}: ${found.rule}`);
    t.not(found.rule, undefined, 'It survived');
    t.not(found.rule, 'no step throws', `It does not even run: ${found.message}`);
  });
}

test('mutants: what is not mutated neglects no duty (negative control)', async t => {
  t.deepEqual(await neglectedDuties(mutatedCopy('runtime-control', UNMUTATED)), []);
});

for (const [number, mutant] of DUTY_MUTANTS.entries()) {
  test(`mutants: the duties catch one (${mutant.breaks})`, async t => {
    const neglected = await neglectedDuties(mutatedCopy(`runtime-${number}`, mutant), byDuty[mutant.breaks]);
    t.log(neglected.join('\n'));
    t.true(neglected.length > 0, 'It survived');
  });
}

test('mutants: a patch that does not fit exactly once is refused', t => {
  const patch = { file: 'src/protocol/quorum.js', search: 'no such line', replace: '' };
  t.throws(() => mutatedCopy('misfit', { patches: [patch] }), { message: /is there 0 times, not once/ });
});
