// `npm run durability -- [--all] [--seed S]`: what the tests of this folder try, with much more of it. --all cuts
// the power at every place of the record, with every fate of what was not synced.

import { parseArgs } from 'node:util';
import { Dice } from '../simulation/dice.ts';
import { allCuts, someCuts, tryCuts } from './cuts.ts';
import { printDamages, tryDamages } from './damage-table.ts';
import { spokenTooSoon } from './order.ts';
import { PRODUCT, SMALL_WAL, withCopy } from './products.ts';
import { withRecording } from './recording.ts';
import { straceProblem } from './strace.ts';

const MESSAGES = 150;
const CUTS = 2000;
const CASES_A_KIND = 50;
const CASES_A_KIND_OF_ALL = 300;

const { values } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
});
const seed = Number(values.seed);
const { all } = values;
console.log(`npm run durability -- --seed ${seed}${all ? ' --all' : ''}`);

const problem = straceProblem();
let faults = 0;
if (problem === undefined) {
  faults += await order();
  faults += await cuts();
} else {
  console.log(`No system call can be recorded here, so only damage is tried: ${problem}`);
}
faults += await damage();
process.exitCode = faults === 0 ? 0 : 1;

async function order(): Promise<number> {
  const options = { product: PRODUCT, seed, messages: MESSAGES, isKilled: true };
  return withRecording(options, async ({ votes, written }) => {
    const found = spokenTooSoon(votes, written);
    console.log(`${votes.length} votes, ${found.length} of them sent before they were durable`);
    return found.length;
  });
}

async function cuts(): Promise<number> {
  return withCopy('main', [SMALL_WAL], product =>
    withRecording({ product, seed, messages: MESSAGES, isKilled: true }, async recording => {
      const dice = new Dice(seed);
      const done = await tryCuts(recording, all ? allCuts(recording) : someCuts(recording, CUTS, dice), dice);
      const where = `${done.inCheckpoints} of them in checkpoints`;
      console.log(`${done.cuts} cuts, ${where}; ${done.faults.length} faults`);
      for (const fault of done.faults) console.log(fault);
      return done.faults.length;
    }),
  );
}

async function damage(): Promise<number> {
  const report = await tryDamages(seed, all ? CASES_A_KIND_OF_ALL : CASES_A_KIND);
  console.log(printDamages(report));
  return [...report.values()].flat().filter(({ wrong }) => wrong.length > 0).length;
}
