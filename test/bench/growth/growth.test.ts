// `npm run bench:growth -- --quick` for the axis that needs the least.

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { z } from 'zod';

const MAIN = join(import.meta.dirname, 'main.js');

const measurement = z.object({
  place: z.number(),
  result: z.object({
    workload: z.string(),
    throughput: z.number().positive(),
    messagesPerOperation: z.object({ published: z.number(), delivered: z.number() }),
  }),
});
const report = z.object({ growth: z.object({ measurements: z.array(measurement) }) });

test('bench:growth counts the messages of a change for each f, and leaves no data behind', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'synod-test-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const out = join(directory, 'out');
  const args = [MAIN, '--quick', '--axes', 'messages', '--out', out];
  await promisify(execFile)(process.execPath, args, { env: { ...process.env, TMPDIR: directory } });
  t.deepEqual(readdirSync(directory), ['out']);
  const { measurements } = report.parse(
    JSON.parse(readFileSync(join(out, 'performance.json'), 'utf8')),
  ).growth;
  t.deepEqual(
    measurements.map(({ place, result }) => `${result.workload} ${place}`),
    ['create 1', 'cas 1', 'read 1', 'create 2', 'cas 2', 'read 2'],
  );
  for (const { place, result } of measurements) {
    const { published, delivered } = result.messagesPerOperation;
    // At least the request, its reply, one message to the acceptors, and answers of a quorum.
    t.true(published >= 4 + place);
    t.true(delivered > published);
  }
  t.true(readdirSync(out).includes('messages.svg'));
});
