// What a process that is killed leaves in its file. A kill loses nothing that reached the operating system, so
// this shows that batches are whole and that acknowledged ones were written, not that they were synced.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { MemoryStore } from '../../src/storage/memory-store.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import { StoreError } from '../../src/storage/store.ts';
import { faultsOf, killedBatch } from './killed-batch.ts';
import { newPath, OWNER, slotOf } from './slots.ts';

const RUNS = 12;
const BATCHES_MAX = 40;
/** Longer than a commit takes, so that kills fall on every moment of one. */
const KILL_DELAY_MS_MAX = 8;

test.serial('openSqliteStore() says locked at once, when another process has the file open', async t => {
  const path = await newPath(t);
  const writer = startWriter(t, path);
  await writer.acknowledged(1);
  const start = performance.now();
  await t.throwsAsync(openSqliteStore({ path, ...OWNER }), { instanceOf: StoreError, code: 'locked' });
  t.true(performance.now() - start < 2000);
  await writer.kill(0);
});

test.serial(
  'commit() kept every acknowledged batch, and each batch whole, when the process was killed (A3)',
  async t => {
    for (let run = 0; run < RUNS; run++) {
      const path = await newPath(t);
      const batches = 1 + Math.floor(Math.random() * BATCHES_MAX);
      const delayMs = Math.random() * KILL_DELAY_MS_MAX;
      const writer = startWriter(t, path);
      await writer.acknowledged(batches);
      const last = await writer.kill(delayMs);
      const walBytes = (await stat(`${path}-wal`)).size;

      const store = await openSqliteStore({ path, ...OWNER });
      t.log(
        `killed ${delayMs.toFixed(1)} ms after batch ${batches - 1}; ${last} was acknowledged, WAL ${walBytes} bytes`,
      );
      // What the killed process left in the WAL was made durable before anything is shown (A3).
      t.true(walBytes > 0);
      t.is((await stat(`${path}-wal`)).size, 0);
      t.deepEqual(await faultsOf(store, last), []);
      await store.close();
    }
  },
);

test('faultsOf() finds the fault, when a batch is lost, torn or too new', async t => {
  const whole = new MemoryStore();
  for (let batch = 0; batch <= 3; batch++) await whole.commit(killedBatch(batch));
  t.deepEqual(await faultsOf(whole, 3), []);
  t.deepEqual(await faultsOf(whole, 2), []);
  t.is((await faultsOf(whole, 4)).length, 1);
  t.not((await faultsOf(whole, 1)).length, 0);

  const [lastRow, ...rows] = [...killedBatch(4)].reverse();
  t.truthy(lastRow);
  await whole.commit(new Map(rows));
  t.is((await faultsOf(whole, 3)).length, 1);
  await whole.commit(killedBatch(4));
  await whole.commit(new Map([['batch.2.0', slotOf(0, 'older')]]));
  t.is((await faultsOf(whole, 4)).length, 1);
});

interface Writer {
  /** Waits until so many batches were acknowledged. */
  acknowledged(count: number): Promise<void>;
  /** Kills it without warning after a moment; gives the number of the last batch that was acknowledged. */
  kill(delayMs: number): Promise<number>;
}

function startWriter(t: ExecutionContext, path: string): Writer {
  const fixture = fileURLToPath(new URL('./commit-until-killed.js', import.meta.url));
  const child = spawn(process.execPath, [fixture, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout });
  let last = -1;
  let over = false;
  lines.on('line', line => {
    last = Number(line);
  });
  const ended = once(lines, 'close').then(() => {
    over = true;
  });
  return {
    async acknowledged(count) {
      while (last + 1 < count) {
        await Promise.race([once(lines, 'line'), ended]);
        if (over) throw new Error(`The writer ended after batch ${last}`);
      }
    },
    async kill(delayMs) {
      // Not a timer: those fall on whole milliseconds, and a commit is shorter.
      const until = performance.now() + delayMs;
      while (performance.now() < until);
      child.kill('SIGKILL');
      await ended;
      return last;
    },
  };
}
