// What a million slots of 100 bytes cost: `node dist/test/bench/million-keys.js [slots]`. Writes them, then
// lets a fresh process, whose memory is its own, open the file, load and commit random keys.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Slot } from '../../src/protocol/acceptor.ts';
import { openSqliteStore, type SqliteStore } from '../../src/storage/sqlite-store.ts';

const OWNER = { cluster: 'bench', acceptor: 'a1' };
const WRITE_ROWS = 512;
const VALUE_BYTES = 100;
const MEASURED_ROWS = 40_000;
const CALLS_MAX = 3000;
/** Values are cut out of this, so that their making does not count. */
const RANDOM = randomBytes(2 ** 20);

const [count = '1000000', reopen] = process.argv.slice(2);
const slotCount = Number(count);
if (reopen === undefined) await writeThenReopen();
else await measureOpened(reopen);

async function writeThenReopen(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'synod-bench-'));
  try {
    const path = join(directory, 'a1.db');
    await writeAll(path);
    execFileSync(process.execPath, [fileURLToPath(import.meta.url), count, path], { stdio: 'inherit' });
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function writeAll(path: string): Promise<void> {
  const store = await openSqliteStore({ path, ...OWNER });
  const start = performance.now();
  for (let first = 0; first < slotCount; first += WRITE_ROWS) {
    const last = Math.min(first + WRITE_ROWS, slotCount);
    await store.commit(
      new Map(Array.from({ length: last - first }, (_, i) => [keyOf(first + i), slotOf(1)])),
    );
  }
  const seconds = (performance.now() - start) / 1000;
  await store.close();
  const megabytes = (await stat(path)).size / 1e6;
  report(
    'write',
    `${slotCount} slots in ${seconds.toFixed(1)} s, file ${megabytes.toFixed(0)} MB, ${resident()}`,
  );
}

async function measureOpened(path: string): Promise<void> {
  const before = resident();
  const start = performance.now();
  const store = await openSqliteStore({ path, ...OWNER });
  report('open', `${(performance.now() - start).toFixed(1)} ms, ${before} before, ${resident()} after`);
  for (const rows of [1, 16, 64, 256]) await measure(`load ${rows}`, rows, keys => loadAll(store, keys));
  for (const rows of [1, 16, 64, 256]) {
    await measure(`commit ${rows}`, rows, keys => store.commit(new Map(keys.map(key => [key, slotOf(2)]))));
  }
  await store.close();
}

async function loadAll(store: SqliteStore, keys: readonly string[]): Promise<void> {
  const found = await store.load(keys);
  for (const key of keys) if (!found.has(key)) throw new Error(`The slot of '${key}' is missing`);
}

async function measure(
  name: string,
  rows: number,
  call: (keys: readonly string[]) => Promise<void>,
): Promise<void> {
  const calls = Math.min(CALLS_MAX, Math.ceil(MEASURED_ROWS / rows));
  const batches = Array.from({ length: calls }, () => Array.from({ length: rows }, randomKey));
  const tookMs: number[] = [];
  const cpuBefore = process.cpuUsage();
  const loopBefore = performance.eventLoopUtilization();
  const start = performance.now();
  for (const keys of batches) {
    const callStart = performance.now();
    await call(keys);
    tookMs.push(performance.now() - callStart);
  }
  const totalMs = performance.now() - start;
  const cpu = process.cpuUsage(cpuBefore);
  const mainMs = performance.eventLoopUtilization(loopBefore).active;
  const thousands = (calls * rows) / 1000;
  tookMs.sort((a, b) => a - b);
  const at = (share: number) => (tookMs[Math.floor((calls - 1) * share)] ?? Number.NaN).toFixed(2);
  report(
    name,
    `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms; a thousand rows: ` +
      `CPU ${((cpu.user + cpu.system) / 1000 / thousands).toFixed(1)} ms, main thread ${(mainMs / thousands).toFixed(2)} ms; ` +
      `${Math.round((thousands * 1e6) / totalMs)} rows/s, ${resident()}`,
  );
}

/** Keys in no order: those of real registers are not written in the order of the index either. */
function keyOf(i: number): string {
  return `orders.${((i * 2654435761) % 2 ** 32).toString(16).padStart(8, '0')}`;
}

function randomKey(): string {
  return keyOf(Math.floor(Math.random() * slotCount));
}

function slotOf(counter: number): Slot {
  const at = Math.floor(Math.random() * (RANDOM.length - VALUE_BYTES));
  return {
    promised: { counter: counter + 1, proposer: 'proposer-1-00c0ffee00c0ffee' },
    accepted: { counter, proposer: 'proposer-1-00c0ffee00c0ffee' },
    value: RANDOM.subarray(at, at + VALUE_BYTES),
  };
}

function resident(): string {
  return `RSS ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB`;
}

function report(what: string, figures: string): void {
  console.log(`${what.padEnd(10)} ${figures}`);
}
