import test from 'ava';
import { Door } from '../../src/node/service/door.ts';

const CALM = { waiting: 0, waitedMs: 0, inboxDelayMs: 0 };

/** How many a door lets in at `nowMs` that nobody leaves. */
function letIn(door: Door, nowMs: number, inboxDelayMs: number): number {
  let waiting = 0;
  while (!door.isFull({ nowMs, waiting, waitedMs: 0, inboxDelayMs })) waiting += 1;
  return waiting;
}

test('Door lets in half as many with each look while requests wait too long to be read, and always a few', t => {
  const door = new Door(4096);
  t.is(letIn(door, 0, 100), 4096);
  t.deepEqual(
    [50, 99, 100, 150, 200, 250, 300, 350, 400].map(nowMs => letIn(door, nowMs, 101)),
    [2048, 2048, 1024, 512, 256, 128, 64, 64, 64],
  );
});

test('Door lets in a few more with each look when requests are read in time again, up to the most', t => {
  const door = new Door(4096);
  for (let nowMs = 0; nowMs < 500; nowMs += 50) letIn(door, nowMs, 101);
  t.deepEqual(
    [500, 549, 550, 600].map(nowMs => letIn(door, nowMs, 100)),
    [80, 80, 100, 125],
  );
  for (let nowMs = 650; nowMs < 2000; nowMs += 50) letIn(door, nowMs, 0);
  t.is(letIn(door, 2000, 0), 4096);
});

test('Door with room for few is no wider for that', t => {
  const door = new Door(10);
  for (let nowMs = 0; nowMs < 500; nowMs += 50) t.is(letIn(door, nowMs, 1000), 10);
});

test('Door lets nobody in beyond 1,024 while the oldest of them waits too long', t => {
  const door = new Door(4096);
  t.false(door.isFull({ ...CALM, nowMs: 0, waiting: 1023, waitedMs: 251 }));
  t.true(door.isFull({ ...CALM, nowMs: 0, waiting: 1024, waitedMs: 251 }));
  t.false(door.isFull({ ...CALM, nowMs: 0, waiting: 1024, waitedMs: 250 }));
});

test('Door knows for a second that somebody was turned away', t => {
  const door = new Door(10);
  t.false(door.wasFull(0));
  t.true(door.isFull({ ...CALM, nowMs: 0, waiting: 10 }));
  t.true(door.wasFull(999));
  t.false(door.wasFull(1000));
});
