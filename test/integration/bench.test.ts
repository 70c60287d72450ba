// `synod bench --local` as a person would run it, for a second each.

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { z } from 'zod';

const MAIN = join(import.meta.dirname, '../../src/cli/main.js');

/** CPU time is counted in ticks, of which a second may see none. */
const cpu = z.number().nonnegative();
const bytes = z.number().positive();
const latency = z.number().positive();
const report = z.object({
  version: z.string(),
  options: z.object({ threads: z.literal(2), target: z.object({ kind: z.literal('local') }) }),
  results: z.array(
    z.object({
      workload: z.string(),
      proposer: z.string(),
      clients: z.number(),
      throughput: z.number().positive(),
      operations: z.number().positive(),
      succeeded: z.number().positive(),
      refused: z.record(z.string(), z.number()),
      errors: z.record(z.string(), z.number()),
      latencyMs: z.object({ p50: latency, p90: latency, p99: latency, p999: latency, max: latency }),
      cpuMsPerThousand: z.object({ natsServer: cpu, acceptors: cpu, proposers: cpu, client: cpu }),
      residentBytes: z.object({ natsServer: bytes, acceptors: bytes, proposers: bytes, client: bytes }),
      messagesPerOperation: z.object({ published: latency, delivered: latency, total: latency }),
    }),
  ),
});

test('bench --local --embedded measures both ways on a cluster of its own, and leaves nothing behind', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'synod-test-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const options = ['--duration', '1', '--warm-up', '0', '--keys', '50', '--threads', '2', '--json'];
  const args = [
    MAIN,
    'bench',
    '--local',
    '--embedded',
    '--workload',
    'create,read,cas',
    '--clients',
    '8',
    ...options,
  ];
  const env = { ...process.env, TMPDIR: directory };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  const { results } = report.parse(JSON.parse(stdout));
  t.deepEqual(
    results.map(({ workload, proposer }) => `${workload} ${proposer}`),
    ['create', 'read', 'cas'].flatMap(workload => [`${workload} service`, `${workload} embedded`]),
  );
  for (const { proposer, clients, operations, succeeded, refused, errors, messagesPerOperation } of results) {
    t.is(clients, 8);
    t.deepEqual(errors, {});
    t.deepEqual(refused, {});
    t.is(succeeded, operations);
    // The request and its reply at least; an embedded proposer has neither, and shares messages between requests.
    if (proposer === 'service') t.true(messagesPerOperation.published >= 2);
  }
  t.deepEqual(readdirSync(directory), []);
});

test('bench ends with a sentence and an exit code, where nobody serves', async t => {
  const args = [MAIN, 'bench', '--nats', 'nats://127.0.0.1:1', '--duration', '1'];
  const error = await t.throwsAsync(promisify(execFile)(process.execPath, args));
  t.regex(error?.message ?? '', /^Cannot connect to NATS at nats:\/\/127\.0\.0\.1:1: /m);
});
