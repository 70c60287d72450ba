// `npm run bench:growth`: how throughput, latency, CPU, memory and messages of Synod grow with what it is given.

import { parseArgs } from 'node:util';
import { packageVersion } from '../../../src/node/process/version.ts';
import { thisMachine } from '../report/machine.ts';
import { namesOf, runCommand, secondsAsMs, wholeNumber } from '../report/options.ts';
import { writeResults } from '../report/output.ts';
import { AXES, axesOf } from './axes.ts';
import { grow } from './grow.ts';
import { type GrowthReport, growthPlots, growthSection } from './growth-report.ts';

const USAGE = `Usage: npm run bench:growth -- [options]

Measures Synod while one thing grows: keys to 1,000,000, values to 64 KiB, clients to 1,024, acceptors to 7, proposers
to 4; and the messages of a change beside what the CASPaxos memo counts. Each size has a cluster of its own.

  --axes NAMES         of ${AXES.join(', ')}, with commas between (default all)
  --runs N             how often each is measured (default 1)
  --duration SECONDS   how long each step is measured (default 3)
  --warm-up SECONDS    how long each step runs before that (default 2)
  --out DIR            where performance.md, performance.json and the plots are written (default docs)
  --quick              short steps and small sizes, to see that it works; written only with --out
`;

await runCommand(USAGE, async stopped => {
  const { values } = parseArgs({
    options: {
      axes: { type: 'string', default: AXES.join(',') },
      runs: { type: 'string', default: '1' },
      duration: { type: 'string' },
      'warm-up': { type: 'string' },
      out: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const { quick } = values;
  const names = namesOf('axes', values.axes, AXES);
  const options = {
    runs: wholeNumber('runs', values.runs, 1),
    durationMs: secondsAsMs('duration', values.duration ?? (quick ? '0.3' : '3')),
    warmUpMs: secondsAsMs('warm-up', values['warm-up'] ?? (quick ? '0.1' : '2')),
  };
  const machine = thisMachine();
  const axes = axesOf(quick).filter(({ name }) => names.includes(name));
  const report = (sentence: string): void => void process.stderr.write(`${sentence}\n`);
  const measurements = await grow(axes, options, { report, stopped });
  const results: GrowthReport = { machine, version: packageVersion(), options, measurements };
  const section = growthSection(results);
  process.stdout.write(`\n${section}\n`);
  const out = values.out ?? (quick ? undefined : 'docs');
  if (out === undefined) return;
  writeResults(out, { name: 'growth', json: results, section, plots: growthPlots(results) });
});
