import test from 'ava';
import { ATTEMPT_MS_MAX, ATTEMPT_MS_MIN, HEDGE_MS_MIN, Patience } from '../../src/client/patience.ts';

function taught(tookMs: number, times = 60): Patience {
  const patience = new Patience();
  for (let i = 0; i < times; i++) patience.learn(tookMs, 0);
  return patience;
}

test('Patience is the longer the slower answers are, and not less or more than its bounds', t => {
  const patience = new Patience();
  t.is(patience.hedgeMs(0), HEDGE_MS_MIN);
  t.is(patience.attemptMs(0, 0), ATTEMPT_MS_MIN);
  patience.learn(1, 0);
  t.is(patience.hedgeMs(0), HEDGE_MS_MIN);
  for (let i = 0; i < 60; i++) patience.learn(100, 0);
  t.true(Math.abs(patience.hedgeMs(0) - 400) < 1);
  t.true(Math.abs(patience.attemptMs(0, 0) - 800) < 1);
  for (let i = 0; i < 60; i++) patience.learn(2, 0);
  t.is(patience.hedgeMs(0), HEDGE_MS_MIN);
  t.is(patience.attemptMs(0, 0), ATTEMPT_MS_MIN);
  t.is(taught(5000).attemptMs(0, 0), ATTEMPT_MS_MAX);
});

test('Patience is twice as long for each later attempt, up to its bound', t => {
  const patience = new Patience();
  const all = Array.from({ length: 5 }, (_, attempt) => patience.attemptMs(attempt, 0));
  t.deepEqual(all, [250, 500, 1000, 2000, 2000]);
  t.is(patience.attemptMs(1e6, 0), ATTEMPT_MS_MAX);
});

test('Patience forgets what was slow, without an answer too', t => {
  const patience = taught(200);
  const before = patience.hedgeMs(0);
  t.true(Math.abs(patience.hedgeMs(2000) - before / 2) < 1e-6);
  t.is(patience.hedgeMs(20_000), HEDGE_MS_MIN);
  t.is(patience.attemptMs(0, 20_000), ATTEMPT_MS_MIN);
});

test('Patience sends a copy well before it gives an attempt up, unless answers take very long', t => {
  for (const tookMs of [1, 10, 50, 100, 200]) {
    const patience = taught(tookMs);
    t.true(patience.hedgeMs(0) <= patience.attemptMs(0, 0) / 2, `${tookMs}`);
  }
});

const CLIENTS = 1024;
const DURATION_MS = 20_000;

/** A service that takes requests in their order, and so many each ms, whether anybody still waits for them or not. */
function servedOf(perMs: number, patience: Pick<Patience, 'learn' | 'attemptMs'>): number {
  const queue: { readonly client: number; readonly number: number; readonly sentMs: number }[] = [];
  const clients = Array.from({ length: CLIENTS }, () => ({ number: 0, attempt: 0, untilMs: 0 }));
  let served = 0;
  let head = 0;
  let room = 0;
  const send = (client: number, nowMs: number): void => {
    const waiting = clients[client];
    if (waiting === undefined) return;
    waiting.number += 1;
    waiting.untilMs = nowMs + patience.attemptMs(waiting.attempt, nowMs);
    queue.push({ client, number: waiting.number, sentMs: nowMs });
  };
  for (let client = 0; client < CLIENTS; client++) send(client, 0);
  for (let nowMs = 1; nowMs < DURATION_MS; nowMs++) {
    for (room += perMs; room >= 1 && head < queue.length; room--) {
      const taken = queue[head++];
      const waiting = taken && clients[taken.client];
      if (taken === undefined || waiting?.number !== taken.number) continue;
      served += 1;
      patience.learn(nowMs - taken.sentMs, nowMs);
      waiting.attempt = 0;
      send(taken.client, nowMs);
    }
    for (const [client, waiting] of clients.entries()) {
      if (waiting.untilMs > nowMs) continue;
      waiting.attempt += 1;
      send(client, nowMs);
    }
  }
  return served;
}

test('Patience lets a service that is asked for all it can serve serve nearly all of that', t => {
  for (const perMs of [20, 5, 3, 2, 1]) {
    const served = servedOf(perMs, new Patience()) / (perMs * DURATION_MS);
    t.true(served > 0.8, `${perMs} a ms: ${served}`);
  }
  // What it was before, and what the test is for.
  const fixed = {
    learn: () => undefined,
    attemptMs: (attempt: number) => Math.min(2000, 250 * 2 ** attempt),
  };
  t.true(servedOf(3, fixed) / (3 * DURATION_MS) < 0.6);
});
