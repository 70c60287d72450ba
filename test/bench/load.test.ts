// The loop of the load: what begins when, and what is counted.

import test from 'ava';
import { summaryOf } from '../../src/bench/latencies.ts';
import { LoadStage, TIMEOUT_MS } from './load-stage.ts';

test('closed loop: every client has one operation under way, and begins the next when it ends', async t => {
  const stage = new LoadStage({ workload: 'create', clients: 3 });
  stage.service.stall();
  stage.load.start();
  stage.load.measure();
  await stage.clock.advance(10);
  t.is(stage.service.asked.length, 3);
  stage.service.resume();
  stage.service.stall();
  await stage.clock.advance(10);
  t.is(stage.service.asked.length, 6);
  const finished = stage.load.finish();
  stage.service.resume();
  const tally = await finished;
  t.deepEqual([tally.windowMs, tally.ended, tally.succeeded], [20, 3, 3]);
  t.deepEqual(tally.outcomes, { ok: 6 });
  t.is(stage.service.asked.length, 6);
});

test('open loop: operations begin at the rate, whether earlier ones were answered or not', async t => {
  const stage = new LoadStage({ workload: 'create', clients: 100, rate: 100 });
  stage.service.stall();
  stage.load.start();
  await stage.clock.advance(495);
  t.is(stage.service.asked.length, 50);
});

test('open loop: latency counts from when an operation should have begun, not from when a client was free', async t => {
  const stage = new LoadStage({ workload: 'create', clients: 1, rate: 100 });
  stage.load.start();
  stage.load.measure();
  stage.service.stall();
  await stage.clock.advance(505);
  // The one client is stuck: 50 more should have begun meanwhile.
  t.is(stage.service.asked.length, 1);
  stage.service.resume();
  await stage.clock.advance(1);
  t.is(stage.service.asked.length, 51);
  const tally = await stage.load.finish();
  t.deepEqual(tally.outcomes, { ok: 51 });
  t.is(tally.waited, 50);
  t.is(tally.late, 0);
  const latency = summaryOf(tally.latencies);
  // 505, 495, … 5 ms: what a closed loop would have told is one of 505 and 50 of nothing.
  t.true(Math.abs((latency?.p50 ?? 0) - 255) < 1);
  t.true(Math.abs((latency?.max ?? 0) - 505) < 1);
});

test('open loop: what no client was free for is counted with the wait that it had', async t => {
  const stage = new LoadStage({ workload: 'create', clients: 1, rate: 100 });
  stage.load.start();
  stage.load.measure();
  stage.service.stall();
  await stage.clock.advance(105);
  const finished = stage.load.finish();
  stage.service.resume();
  const tally = await finished;
  t.deepEqual(tally.outcomes, { ok: 1, not_sent: 10 });
  t.is(tally.latencies.count, 11);
});

test('only operations of the measured time count, and those that end after it too', async t => {
  const stage = new LoadStage({ workload: 'create', clients: 10, rate: 100 });
  stage.load.start();
  await stage.clock.advance(95);
  stage.load.measure();
  await stage.clock.advance(50);
  stage.service.stall();
  await stage.clock.advance(50);
  const finished = stage.load.finish();
  stage.service.resume();
  const tally = await finished;
  t.is(tally.windowMs, 100);
  t.is(tally.succeeded, 5);
  t.deepEqual(tally.outcomes, { ok: 10 });
});

test('silence is an error that costs its time, and the load goes on after it', async t => {
  const stage = new LoadStage({ workload: 'create', clients: 2 });
  stage.serveOnly(5);
  stage.load.start();
  stage.load.measure();
  await stage.clock.advance(TIMEOUT_MS + 100);
  stage.serveOnly(3);
  await stage.clock.advance(TIMEOUT_MS + 100);
  const finished = stage.load.finish();
  await stage.clock.advance(TIMEOUT_MS + 100);
  const tally = await finished;
  t.is(tally.outcomes.ok, 8);
  t.is(tally.outcomes.timeout, 6);
  t.true((summaryOf(tally.latencies)?.max ?? 0) >= TIMEOUT_MS);
});

test('errors are counted by code, and the load goes on after them', async t => {
  const stage = new LoadStage({ workload: 'create', clients: 1, rate: 100 });
  const codes = ['overloaded', 'no_quorum', 'unknown'] as const;
  stage.service.behave = () => codes[stage.service.asked.length - 1] ?? 'serve';
  stage.load.start();
  stage.load.measure();
  await stage.clock.advance(45);
  const tally = await stage.load.finish();
  t.deepEqual(tally.outcomes, { ok: 2, overloaded: 1, no_quorum: 1, unknown: 1 });
  t.is(tally.succeeded, 2);
  t.deepEqual(stage.load.progress, { ended: 5, failed: 3 });
});
