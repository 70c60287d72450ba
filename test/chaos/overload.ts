// `npm run overload -- [--seconds N] [--times N]`: many times the load that the cluster can take (ten unless told), and
// a slow acceptor among three. The load goes before what it loads where both want a core, as if it came from elsewhere.
// Prints what was answered and when, what memory each process took, and how soon all was normal again.

import { getPriority, loadavg, setPriority } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Answers } from './answers.ts';
import { BurstClient, keyOf } from './burst.ts';
import { Processes } from './processes.ts';
import { ResidentWatch } from './resident.ts';
import { ACCEPTORS, NATS_SERVERS, PROPOSERS } from './scenario.ts';

const CAPACITY_CLIENTS = 64;
const CAPACITY_MS = 3000;
const LOST_LOOKED_FOR_MAX = 3000;
/** A cluster is back when so many creates in a row are each answered like this. */
const CALM_CREATES = 20;
const CALM_MS = 100;
const STOPPED_MS = 400;
const GOING_MS = 100;
/** In the terms of nice(1): about three times the share of a core. */
const PRECEDENCE = 5;

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '4' }, times: { type: 'string', default: '10' } },
});
const durationMs = Number(values.seconds) * 1000;
const times = Number(values.times);
const ownPriority = getPriority();
await withCluster(false, overload);
await withCluster(true, slowAcceptor);

/** @param hasLinks of which every message costs the process that also makes the load. */
async function withCluster(
  hasLinks: boolean,
  body: (cluster: Processes, client: BurstClient) => Promise<void>,
): Promise<void> {
  const cluster = new Processes({ hasLinks });
  setPriority(ownPriority);
  try {
    await cluster.start();
    precede();
    const client = await BurstClient.connect(cluster.nats);
    await body(cluster, client);
    client.close();
  } finally {
    await cluster.stop();
  }
}

/** After the start of the others, which would have it as well. */
function precede(): void {
  const wanted = Math.max(-20, ownPriority - PRECEDENCE);
  try {
    setPriority(wanted);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    console.log(
      `The load does not go before what it loads, and counts its own delay as well: ${error.message}`,
    );
  }
}

async function overload(cluster: Processes, client: BurstClient): Promise<void> {
  await closedLoop(client, 'warm', 1000);
  const taken = await closedLoop(client, 'capacity', CAPACITY_MS);
  const capacity = (taken.length / CAPACITY_MS) * 1000;
  console.log(
    `capacity: ${Math.round(capacity)} creates/s, ${CAPACITY_CLIENTS} at a time; ${latenciesOf(taken)}`,
  );
  const watch = new ResidentWatch(pids(cluster));
  const probing = probe(client, durationMs);
  const burst = { name: 'over', rate: capacity * times, durationMs };
  const startedMs = performance.now();
  const ownDelay = monitorEventLoopDelay({ resolution: 5 });
  ownDelay.enable();
  const all = await client.run(burst);
  ownDelay.disable();
  const endedMs = startedMs + durationMs;
  console.log(
    `asked for ${times} times that for ${durationMs / 1000} s: ${all.length} requests, ${JSON.stringify(all.counts())}`,
  );
  for (const code of Object.keys(all.counts())) console.log(`  ${code}: ${latenciesOf(all, code)}`);
  const ownMs = [50, 99].map(share => (ownDelay.percentile(share) / 1e6).toFixed(0));
  console.log(`  the load itself was held up: p50 ${ownMs[0]}, p99 ${ownMs[1]} ms a turn`);
  for (const why of client.losses)
    console.log(`  the nats-server dropped the connection of the load: ${why}`);
  const calmMs = await probing;
  console.log(`normal again ${Math.round(Math.max(0, calmMs - endedMs))} ms after the end of the load`);
  console.log(`most memory, MB: ${megabytes(watch.stop())}; load average ${loadOf()}`);
  const lost = await client.lost(burst.name, all, LOST_LOOKED_FOR_MAX);
  console.log(`acknowledged and not there: ${lost.length} of those looked for`);
  if (lost.length > 0) process.exitCode = 1;
}

/** @returns when, after the load, the cluster answered as usual. */
async function probe(client: BurstClient, afterMs: number): Promise<number> {
  await sleep(afterMs);
  let calmSinceMs = performance.now();
  let calm = 0;
  const answers = new Answers();
  for (let i = 0; calm < CALM_CREATES; i++) {
    const startMs = performance.now();
    const request = await client.create(keyOf('probe', i), answers);
    if (answers.outcomeOf(request) === 'ok' && performance.now() - startMs < CALM_MS) calm += 1;
    else {
      calm = 0;
      calmSinceMs = performance.now();
    }
    await sleep(10);
  }
  return calmSinceMs;
}

/** One acceptor is stopped four fifths of the time, so that what is for it piles up; then it is behind a slow link. */
async function slowAcceptor(cluster: Processes, client: BurstClient): Promise<void> {
  await closedLoop(client, 'warm', 1000);
  const before = await closedLoop(client, 'quick', CAPACITY_MS);
  console.log(`three acceptors: ${rateOf(before)}; ${latenciesOf(before)}; load average ${loadOf()}`);
  const watch = new ResidentWatch(pids(cluster));
  let isOver = false;
  const stopping = (async () => {
    while (!isOver) {
      await cluster.strike('pause', 'a3');
      await sleep(STOPPED_MS);
      await cluster.heal('pause', 'a3');
      await sleep(GOING_MS);
    }
  })();
  const during = await closedLoop(client, 'stopped', durationMs);
  isOver = true;
  await stopping;
  console.log(
    `a3 stopped ${STOPPED_MS} of every ${STOPPED_MS + GOING_MS} ms: ${rateOf(during, durationMs)}; ${latenciesOf(during)}; load average ${loadOf()}`,
  );
  await cluster.strike('slow', 'a3');
  const slow = await closedLoop(client, 'slow', CAPACITY_MS);
  await cluster.heal('slow', 'a3');
  console.log(`a3 behind a slow link: ${rateOf(slow)}; ${latenciesOf(slow)}; load average ${loadOf()}`);
  console.log(`most memory, MB: ${megabytes(watch.stop())}`);
}

async function closedLoop(client: BurstClient, name: string, forMs: number): Promise<Answers> {
  const untilMs = performance.now() + forMs;
  const all = new Answers();
  const one = async (who: number): Promise<void> => {
    for (let i = 0; performance.now() < untilMs; i++) await client.create(keyOf(`${name}-${who}`, i), all);
  };
  await Promise.all(Array.from({ length: CAPACITY_CLIENTS }, (_, who) => one(who)));
  return all;
}

function pids(cluster: Processes): ReadonlyMap<string, number> {
  return new Map([...NATS_SERVERS, ...ACCEPTORS, ...PROPOSERS].map(name => [name, cluster.pid(name)]));
}

function rateOf(all: Answers, forMs = CAPACITY_MS): string {
  return `${Math.round((all.length / forMs) * 1000)} creates/s`;
}

function latenciesOf(all: Answers, outcome?: string): string {
  const sorted = all.latenciesMs(outcome);
  const [p50, p99, max] = [0.5, 0.99, 1].map(share => {
    const at = Math.min(sorted.length - 1, Math.floor(sorted.length * share));
    return (sorted[at] ?? 0).toFixed(0);
  });
  return `p50 ${p50}, p99 ${p99}, max ${max} ms`;
}

function megabytes(peaks: ReadonlyMap<string, number>): string {
  return [...peaks].map(([name, bytes]) => `${name} ${Math.round(bytes / 1e6)}`).join(', ');
}

function loadOf(): string {
  return loadavg()[0]?.toFixed(1) ?? '';
}
