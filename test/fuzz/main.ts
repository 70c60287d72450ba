// `npm run fuzz -- --minutes N [--seed S] [--from RUN]`: bad bytes for everything that decodes them.

import { parseArgs } from 'node:util';
import { fuzz, printFuzzed } from './fuzzing.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    from: { type: 'string', default: '0' },
  },
});
const [minutes, seed, from] = [values.minutes, values.seed, values.from].map(Number);
if (!(minutes !== undefined && minutes > 0) || !Number.isInteger(seed) || !Number.isInteger(from)) {
  console.error('Usage: npm run fuzz -- [--minutes N] [--seed S] [--from RUN]');
  process.exit(2);
}
console.log(`fuzzing for ${minutes} minutes, seed ${seed}`);
const fuzzed = await fuzz({ seed: seed ?? 0, ms: minutes * 60_000, from: from ?? 0 });
console.log(printFuzzed(seed ?? 0, fuzzed));
process.exitCode = fuzzed.ended === 'in time' ? 0 : 1;
