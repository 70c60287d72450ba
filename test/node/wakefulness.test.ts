import test from 'ava';
import { BEAT_MS, HELD_UP_MS_MAX, Wakefulness } from '../../src/node/wakefulness.ts';
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
      flushes.push(isLost => (isLost ? reject(new Error('lost')) : resolve()));
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
