import test from 'ava';
import { BEAT_MS, HELD_UP_MS_MAX, Wakefulness } from '../../src/node/wakefulness.ts';
import { TransportError } from '../../src/transport/transport.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';

test('Wakefulness is behind after a stop until the server has answered, and not before one', async t => {
  let nowMs = 1000;
  let flushed: () => void = () => undefined;
  const transport = {
    ...new MemoryBroker().transport(),
    flush: () =>
      new Promise<void>(resolve => {
        flushed = resolve;
      }),
  };
  const wakefulness = new Wakefulness({ nowMs: () => nowMs }, transport);
  t.false(wakefulness.isBehind(nowMs + HELD_UP_MS_MAX));
  nowMs += HELD_UP_MS_MAX + 1;
  t.true(wakefulness.isBehind(nowMs));
  // Beats alone say nothing of what is still in the socket.
  await new Promise(resolve => setTimeout(resolve, 3 * BEAT_MS));
  t.true(wakefulness.isBehind(nowMs));
  flushed();
  await new Promise(setImmediate);
  t.false(wakefulness.isBehind(nowMs));
  wakefulness.close();
});

test('Wakefulness is behind until the server has answered, though the connection is lost meanwhile', async t => {
  let nowMs = 1000;
  const flushes: ((isLost: boolean) => void)[] = [];
  const asked = (count: number): Promise<void> =>
    new Promise(resolve => {
      const look = setInterval(() => {
        if (flushes.length < count) return;
        clearInterval(look);
        resolve();
      }, 1);
    });
  const flush = (): Promise<void> =>
    new Promise((resolve, reject) => {
      flushes.push(isLost => (isLost ? reject(new TransportError('lost')) : resolve()));
    });
  const wakefulness = new Wakefulness({ nowMs: () => nowMs }, { ...new MemoryBroker().transport(), flush });
  nowMs += HELD_UP_MS_MAX + 1;
  t.true(wakefulness.isBehind(nowMs));
  flushes[0]?.(true);
  await asked(2);
  t.true(wakefulness.isBehind(nowMs));
  flushes[1]?.(false);
  await new Promise(setImmediate);
  t.false(wakefulness.isBehind(nowMs));
  wakefulness.close();
});

for (const first of ['a beat', 'the answer'] as const) {
  test(`Wakefulness is behind after a second stop until a ping sent after it is answered: ${first} first`, async t => {
    let nowMs = 1000;
    const flushes: (() => void)[] = [];
    const flush = (): Promise<void> => new Promise(resolve => flushes.push(resolve));
    const transport = { ...new MemoryBroker().transport(), flush };
    const wakefulness = new Wakefulness({ nowMs: () => nowMs }, transport);
    const beats = (): Promise<unknown> => new Promise(resolve => setTimeout(resolve, 3 * BEAT_MS));
    nowMs += HELD_UP_MS_MAX + 1;
    t.true(wakefulness.isBehind(nowMs));
    await beats();
    nowMs += HELD_UP_MS_MAX + 1;
    if (first === 'a beat') await beats();
    flushes[0]?.();
    await new Promise(setImmediate);
    await beats();
    t.true(wakefulness.isBehind(nowMs));
    t.is(flushes.length, 2);
    flushes[1]?.();
    await new Promise(setImmediate);
    t.false(wakefulness.isBehind(nowMs));
    wakefulness.close();
  });
}
