// `npm run bench:peers`: Synod beside etcd and JetStream in one run, with the floors under them.

import { parseArgs } from 'node:util';
import { thisMachine } from '../report/machine.ts';
import { namesOf, runCommand, secondsAsMs, wholeNumber } from '../report/options.ts';
import { writeResults } from '../report/output.ts';
import { type ComparisonOptions, compare } from './compare.ts';
import { etcd } from './etcd.ts';
import { ETCD3, etcd3Library } from './etcd-library.ts';
import { floors } from './floors.ts';
import { jetStream } from './jetstream.ts';
import { type PeersReport, peersPlots, peersSection } from './peers-report.ts';
import { packageOf, programOf } from './programs.ts';
import { summarize } from './summary.ts';
import { synod } from './synod.ts';
import { openSynodLibrary } from './synod-library.ts';
import type { System } from './system.ts';

const SYSTEMS = ['synod', 'etcd', 'jetstream', 'floors'];

const USAGE = `Usage: npm run bench:peers -- [options]

Measures Synod, etcd and NATS JetStream (key-value, three replicas) on this machine, three nodes each, under the same
loads, and what the parts alone can do. Each system is alone while it is measured; the runs take turns.

  --systems NAMES      of ${SYSTEMS.join(', ')}, with commas between (default all)
  --runs N             how often each is measured (default 3)
  --duration SECONDS   how long each step is measured (default 5)
  --warm-up SECONDS    how long each step runs before that (default 1)
  --keys N             how many keys are read and compared (default 1000)
  --value-bytes N      bytes of a value (default 100)
  --clients-max N      leaves out steps with more clients; an open loop has up to four times as many
  --library            each system by the library that programs in Node take (synod, etcd3, nats), not by the lean
                       messages of the load; a section of its own (npm run bench:library)
  --nats-server PATH   the server of JetStream (default the one on the PATH); Synod's is always the one on the PATH
  --out DIR            where performance.md, performance.json and the plots are written (default docs)
  --quick              one short run with few clients, to see that it works; written only with --out

etcd is installed by apt-get where it is missing and this is root on Debian, etcd3 by npm. The data is in the directory for temporary
files: TMPDIR says where, and it must be on a disk.
`;

const QUICK = { runs: '1', duration: '0.5', 'warm-up': '0.2', keys: '200', 'clients-max': '64' };

interface Command {
  readonly systems: readonly string[];
  readonly options: ComparisonOptions;
  readonly natsServer: string | null;
  readonly byLibrary: boolean;
  /** Null for nowhere. */
  readonly out: string | null;
}

await runCommand(USAGE, async stopped => {
  const command = readCommand();
  if (command !== null) await run(command, stopped);
  else process.stdout.write(USAGE);
});

/** Null when help was asked for. */
function readCommand(): Command | null {
  const { values } = parseArgs({
    options: {
      systems: { type: 'string', default: SYSTEMS.join(',') },
      runs: { type: 'string' },
      duration: { type: 'string' },
      'warm-up': { type: 'string' },
      keys: { type: 'string' },
      'value-bytes': { type: 'string', default: '100' },
      'clients-max': { type: 'string' },
      library: { type: 'boolean', default: false },
      'nats-server': { type: 'string' },
      out: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const given = { ...(values.quick ? QUICK : {}), ...values };
  const clientsMax = given['clients-max'];
  return {
    systems: namesOf('systems', given.systems, SYSTEMS),
    options: {
      runs: wholeNumber('runs', given.runs ?? '3', 1),
      durationMs: secondsAsMs('duration', given.duration ?? '5'),
      warmUpMs: secondsAsMs('warm-up', given['warm-up'] ?? '1'),
      keys: wholeNumber('keys', given.keys ?? '1000', 1),
      valueBytes: wholeNumber('value-bytes', given['value-bytes'], 1),
      clientsMax: clientsMax === undefined ? null : wholeNumber('clients-max', clientsMax, 1),
    },
    natsServer: given['nats-server'] ?? null,
    byLibrary: values.library,
    out: given.out ?? (given.quick ? null : 'docs'),
  };
}

async function run({ systems, options, out, ...how }: Command, stopped: AbortSignal): Promise<void> {
  const { byLibrary } = how;
  const machine = thisMachine();
  const chosen = systems.map(name => systemOf(name, how));
  const comparison = await compare(chosen, options, { report: say, stopped });
  const summaries = summarize(comparison.measurements);
  const report: PeersReport = { machine, options, byLibrary, ...comparison, summaries };
  const section = peersSection(report);
  process.stdout.write(`\n${section}\n`);
  if (out === null) return;
  const name = byLibrary ? 'library' : 'peers';
  writeResults(out, { name, json: report, section, plots: peersPlots(report) });
  say(`written to ${out}`);
}

function systemOf(
  name: string,
  { natsServer, byLibrary }: Pick<Command, 'natsServer' | 'byLibrary'>,
): System {
  switch (name) {
    case 'etcd': {
      const library = byLibrary ? etcd3Library(packageOf(ETCD3.name, ETCD3.version, say)) : undefined;
      return etcd(programOf('etcd', 'etcd-server', say), library);
    }
    case 'jetstream':
      return jetStream(natsServer ?? programOf('nats-server', 'nats-server', say), byLibrary);
    case 'floors':
      return floors(programOf('nats-server', 'nats-server', say));
    default:
      return synod(programOf('nats-server', 'nats-server', say), byLibrary ? openSynodLibrary : undefined);
  }
}

function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}
