// Ten seconds of bad bytes, and decoders that are broken on purpose, which must be found out.

import test from 'ava';
import { fuzz, HEAP_MIB_MAX, printFuzzed } from './fuzzing.ts';

const seed = process.env.SYNOD_SEED === undefined ? Date.now() % 2 ** 31 : Number(process.env.SYNOD_SEED);

/** Of everything: the heap, its young part, the program itself, messages outside of the heap. Ten minutes took 308. */
const RESIDENT_MIB_MAX = HEAP_MIB_MAX + 300;

test('no bytes crash a decoder, hang it, or make it take much memory', async t => {
  const fuzzed = await fuzz({ seed, ms: 10_000 });
  t.log(printFuzzed(seed, fuzzed));
  t.is(fuzzed.ended, 'in time', printFuzzed(seed, fuzzed));
  t.true(fuzzed.runs > 2000, `only ${fuzzed.runs} runs`);
  t.true(
    fuzzed.taken > fuzzed.runs / 50,
    `only ${fuzzed.taken} were taken: they are not bad in interesting ways`,
  );
  t.true(fuzzed.peakBytes < RESIDENT_MIB_MAX * 2 ** 20, printFuzzed(seed, fuzzed));
});

const FOUND = [
  ['throws', 'with a finding', 30_000],
  ['hangs', 'by a hang', 3000],
  ['grows', 'by a crash', 30_000],
] as const;

for (const [broken, how, silenceMs] of FOUND) {
  test(`a decoder that ${broken} is found out`, async t => {
    const fuzzed = await fuzz({ seed, ms: 60_000, broken, silenceMs });
    t.is(fuzzed.ended, how, printFuzzed(seed, fuzzed));
  });
}
