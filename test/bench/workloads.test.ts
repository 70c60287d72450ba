// What each workload asks, against a service that keeps versions.

import test from 'ava';
import { WORKLOADS } from '../../src/bench/workloads.ts';
import { keyProblem } from '../../src/transport/subjects.ts';
import { LoadStage } from './load-stage.ts';
import type { Asked } from './scripted-service.ts';

interface Ran {
  readonly asked: readonly Asked[];
  readonly outcomes: Readonly<Record<string, number>>;
}

/** 200 operations in virtual time, one after another. */
async function run(workload: string, clients = 4): Promise<Ran> {
  const stage = new LoadStage({ workload, clients, rate: 100 });
  await stage.fill();
  stage.service.asked.length = 0;
  stage.load.start();
  stage.load.measure();
  await stage.clock.advance(1995);
  const { outcomes } = await stage.load.finish();
  return { asked: stage.service.asked, outcomes };
}

function operations(asked: readonly Asked[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { operation } of asked) counts[operation] = (counts[operation] ?? 0) + 1;
  return counts;
}

function keysOf(asked: readonly Asked[]): ReadonlySet<string> {
  return new Set(asked.map(({ key }) => key));
}

for (const workload of Object.keys(WORKLOADS)) {
  test(`${workload}: succeeds where nobody is in its way, with keys that are none but sound`, async t => {
    const { asked, outcomes } = await run(workload);
    t.deepEqual(outcomes, { ok: 200 });
    t.deepEqual([...keysOf(asked)].map(keyProblem).filter(Boolean), []);
  });
}

test('create: writes no key twice', async t => {
  const { asked } = await run('create');
  t.is(keysOf(asked).size, 200);
  t.deepEqual(operations(asked), { 'register.write': 200 });
});

test('read, read-chosen, write, change: go over all of the keys', async t => {
  for (const [workload, operation] of [
    ['read', 'variable.read'],
    ['read-chosen', 'register.read'],
    ['write', 'variable.write'],
    ['change', 'variable.change'],
  ] as const) {
    const { asked } = await run(workload);
    t.deepEqual(operations(asked), { [operation]: 200 });
    t.is(keysOf(asked).size, 10);
  }
});

test('read: to find nothing is an error', async t => {
  const stage = new LoadStage({ workload: 'read', clients: 1, rate: 100 });
  stage.load.start();
  stage.load.measure();
  await stage.clock.advance(15);
  t.deepEqual((await stage.load.finish()).outcomes, { unset: 2 });
});

test('cas: a client that is wrong about a version is told once, and right from then on', async t => {
  const stage = new LoadStage({ workload: 'cas', clients: 1, keys: 1, rate: 100 });
  stage.load.start();
  stage.load.measure();
  await stage.clock.advance(95);
  // Nothing was filled in: version 1 is wrong, the variable is unset.
  t.deepEqual((await stage.load.finish()).outcomes, { conflict: 1, ok: 9 });
});

test('cas: there is a key for every client, also where there are more clients than keys', async t => {
  const { asked, outcomes } = await run('cas', 16);
  t.deepEqual(outcomes, { ok: 200 });
  t.true(keysOf(asked).size <= 16);
});

test('hot: all clients change one counter', async t => {
  const { asked } = await run('hot');
  t.is(keysOf(asked).size, 1);
  t.deepEqual(asked[0]?.body, { change: 'add', args: [1] });
});

test('contended: a read and a cas are one operation, and of those that read the same one succeeds', async t => {
  const stage = new LoadStage({ workload: 'contended', clients: 5 });
  stage.serveOnly(5 + 5);
  stage.load.start();
  stage.load.measure();
  await stage.clock.advance(0);
  t.deepEqual(stage.load.progress, { ended: 5, failed: 0 });
  t.deepEqual(operations(stage.service.asked), { 'variable.read': 10, 'variable.cas': 5 });
  t.is(keysOf(stage.service.asked).size, 1);
  const finished = stage.load.finish();
  await stage.clock.advance(2000);
  t.deepEqual((await finished).outcomes, { ok: 1, conflict: 4, timeout: 5 });
});

test('mixed: of ten operations 7 read, 2 write and 1 adds', async t => {
  const { asked } = await run('mixed', 1);
  t.deepEqual(operations(asked), { 'variable.read': 140, 'variable.write': 40, 'variable.change': 20 });
});

test('fill(): says why a register cannot be written', async t => {
  const stage = new LoadStage({ workload: 'read', clients: 1 });
  stage.service.behave = () => 'too_large';
  await t.throwsAsync(stage.fill(), { message: /^Cannot write the registers .*: too_large for synod\./ });
});

test('fill(): writes each register once, and again what failed', async t => {
  const stage = new LoadStage({ workload: 'read', clients: 1 });
  stage.service.behave = () => (stage.service.asked.length === 1 ? 'no_quorum' : 'serve');
  await stage.fill();
  t.is(stage.service.asked.length, 11);
  t.is(keysOf(stage.service.asked).size, 10);
});
