// `npm run bench:peers -- --quick` as a person would run it, with the peers that are installed here.

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { z } from 'zod';
import { findProgram } from '../../../src/node/local/nats-server.ts';

const MAIN = join(import.meta.dirname, 'main.js');
const SHORT = ['--quick', '--duration', '0.6', '--warm-up', '0.1', '--clients-max', '8', '--keys', '20'];

const measurement = z.object({
  system: z.string(),
  workload: z.string(),
  throughput: z.number().positive(),
  p50: z.number().positive(),
  errors: z.record(z.string(), z.number()),
  serverCpuMs: z.record(z.string(), z.number().nonnegative()),
  lostUpdates: z.number().nullable(),
});
const report = z.object({ measurements: z.array(measurement) });

function measured(out: string, name: string): readonly z.infer<typeof measurement>[] {
  const all: Record<string, unknown> = JSON.parse(readFileSync(join(out, 'performance.json'), 'utf8'));
  return report.parse(all[name]).measurements;
}

async function run(
  directory: string,
  systems: readonly string[],
  more: readonly string[] = [],
): Promise<string> {
  const args = [MAIN, ...SHORT, ...more, '--systems', systems.join(','), '--out', join(directory, 'out')];
  const { NATS_URL: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...env, TMPDIR: directory },
  });
  return stdout;
}

test('bench:peers measures what is installed, writes it down, and leaves no data behind', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'synod-test-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const hasEtcd = findProgram('etcd') !== undefined;
  if (!hasEtcd) t.log('etcd is not installed here: it is left out');
  if (findProgram('nats-server') === undefined) {
    t.log('nats-server is not installed here: nothing is measured');
    t.pass();
    return;
  }
  await run(directory, ['synod', 'jetstream', 'floors', ...(hasEtcd ? ['etcd'] : [])]);
  t.deepEqual(readdirSync(directory), ['out']);
  const out = join(directory, 'out');
  const measurements = measured(out, 'peers');
  for (const name of ['Synod', 'JetStream', ...(hasEtcd ? ['etcd'] : [])]) {
    const own = measurements.filter(({ system }) => system === name);
    t.deepEqual(
      own.map(({ workload }) => workload),
      ['create', 'create', 'cas', 'cas', 'cas', 'read', 'read', 'contended'],
    );
    t.deepEqual(
      // A machine with too little time cannot begin all of a pace.
      own.map(({ errors: { not_sent: _, ...others } }) => others),
      own.map(() => ({})),
    );
  }
  t.is(measurements.filter(({ system }) => system === 'floors').length, 5);
  t.is(
    measurements.find(({ system, workload }) => system === 'etcd' && workload === 'contended')?.lostUpdates ??
      0,
    0,
  );
  const document = readFileSync(join(out, 'performance.md'), 'utf8');
  t.regex(document, /\| contended \| 8 +\| Synod /);
  for (const plot of ['throughput.svg', 'latency.svg']) t.true(readdirSync(out).includes(plot));
});

test('bench:peers --library measures each system by its library', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'synod-test-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  if (findProgram('nats-server') === undefined) {
    t.log('nats-server is not installed here: nothing is measured');
    t.pass();
    return;
  }
  // Without etcd, whose library may have to be fetched.
  const said = await run(
    directory,
    ['synod', 'jetstream'],
    ['--library', '--duration', '2', '--clients-max', '1'],
  );
  t.regex(said, / by synod \d.*; JetStream of .* by nats \d/);
  const measurements = measured(join(directory, 'out'), 'library');
  const workloads = ['create', 'create', 'cas', 'cas', 'cas', 'read', 'read'];
  t.deepEqual(
    measurements.map(({ workload }) => workload),
    [...workloads, ...workloads],
  );
  for (const {
    errors: { not_sent: _, ...others },
  } of measurements)
    t.deepEqual(others, {});
});

test('bench:peers refuses a system that it does not know, in a sentence', async t => {
  const error = await t.throwsAsync(run(tmpdir(), ['zookeeper']));
  t.regex(
    error?.message ?? '',
    /Cannot use "zookeeper" for --systems: there are synod, etcd, jetstream, floors\./,
  );
});
