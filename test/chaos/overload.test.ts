// More at once than proposers take: what is too much is turned away, nothing acknowledged is lost, memory stays
// bounded, and afterwards all is served.

import test, { type ExecutionContext } from 'ava';
import { BurstClient } from './burst.ts';
import { Processes } from './processes.ts';
import { ResidentWatch } from './resident.ts';
import { ACCEPTORS, PROPOSERS } from './scenario.ts';

/** Few, so that little load is too much. */
const REQUESTS_MAX = 64;
const REQUESTS = 6000;
const RESIDENT_BYTES_MAX = 400e6;

const cluster = new Processes();
test.before(async () => {
  process.env.SYNOD_REQUESTS_MAX = String(REQUESTS_MAX);
  await cluster.start();
});
test.after.always(() => cluster.stop());

/** What may be said of a request in overload; the last two leave it open. On a slow machine acceptors fall silent too. */
const ALLOWED = new Set(['ok', 'overloaded', 'no_quorum', 'unknown', 'timeout']);

async function connected(t: ExecutionContext): Promise<BurstClient> {
  const client = await BurstClient.connect(cluster.nats);
  t.teardown(() => client.close());
  return client;
}

/** Asks as a client does that was turned away: until it is served. */
async function served(client: BurstClient): Promise<void> {
  for (let tries = 1; ; tries++) {
    const { ok = 0 } = (await client.run({ name: `served-${tries}`, rate: 1, durationMs: 1 })).counts();
    if (ok > 0) return;
  }
}

test.serial('overload: what is too much is turned away, and what is acknowledged is there', async t => {
  const client = await connected(t);
  const watch = new ResidentWatch(
    new Map([...ACCEPTORS, ...PROPOSERS].map(name => [name, cluster.pid(name)])),
  );
  const all = await client.run({ name: 'test', rate: REQUESTS * 4, durationMs: 250 });
  const counts = all.counts();
  t.log(counts);
  t.is(all.length, REQUESTS);
  t.deepEqual(
    Object.keys(counts).filter(code => !ALLOWED.has(code)),
    [],
  );
  t.true((counts.overloaded ?? 0) > 0);
  t.true((counts.ok ?? 0) >= REQUESTS_MAX);
  t.deepEqual(await client.lost('test', all, REQUESTS), []);
  for (const [name, bytes] of watch.stop()) t.true(bytes < RESIDENT_BYTES_MAX, `${name} took ${bytes} bytes`);
});

test.serial('overload: afterwards all is served', async t => {
  const client = await connected(t);
  await served(client);
  const all = await client.run({ name: 'after', rate: 50, durationMs: 1000 });
  t.deepEqual(all.counts(), { ok: 50 });
});

test.serial('a slow acceptor among three: the others are a quorum', async t => {
  const client = await connected(t);
  await cluster.strike('slow', 'a3');
  const all = await client.run({ name: 'slow', rate: 50, durationMs: 1000 });
  await cluster.heal('slow', 'a3');
  t.deepEqual(all.counts(), { ok: 50 });
  t.deepEqual(await client.lost('slow', all, 50), []);
});
