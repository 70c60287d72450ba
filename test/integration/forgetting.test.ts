// A4 on the real thing: an acceptor whose file is older, empty or another's does not vote, the others go on without it,
// and nothing that was acknowledged is lost.

import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Client } from '../../src/client/client.ts';
import { NatsService } from '../../src/client/nats-service.ts';
import { connectNats, type NatsTransport } from '../../src/transport/nats-transport.ts';
import { TestCluster } from './local-cluster.ts';

/** Enough for the commits to be told on, which is done every 50 ms. */
const WRITES = 40;

interface Running {
  readonly cluster: TestCluster;
  readonly transport: NatsTransport;
  readonly client: Client;
}

async function start(cluster: TestCluster): Promise<Running> {
  const { nats } = await cluster.start();
  const transport = await connectNats({ servers: [nats.url], name: 'test', connectTimeoutMs: 5000 });
  return {
    cluster,
    transport,
    client: new Client(new NatsService(transport, { prefix: 'synod' }), { timeoutMs: 15_000 }),
  };
}

async function stop({ cluster, client }: Running): Promise<void> {
  await client.close();
  await cluster.stop();
}

/** kill -9 of all that there is. */
async function kill({ cluster, client }: Running): Promise<void> {
  const { acceptors, proposers } = cluster.members();
  await client.close();
  for (const { pid } of [...acceptors, ...proposers]) process.kill(pid, 'SIGKILL');
  await cluster.kill();
}

/** Appends to a list, one after another. */
async function write({ client }: Running, from: number): Promise<void> {
  for (let i = from; i < from + WRITES; i++) await client.variable('kept').change('append', [i]);
}

interface Events {
  readonly event: string;
  readonly why?: string;
}

function logOf({ directory }: TestCluster, id: string): readonly Events[] {
  const lines = readFileSync(join(directory, 'logs', `${id}.log`), 'utf8').split('\n');
  return lines.filter(line => line.startsWith('{')).map(line => JSON.parse(line));
}

interface Damage {
  readonly what: string;
  readonly isKilled?: boolean;
  readonly why: RegExp;
  /** What was set aside in `old` is of the middle of the writes; the cluster is stopped. */
  readonly harm: (place: { readonly a1: string; readonly old: string; readonly a2: string }) => void;
}

const DAMAGES: readonly Damage[] = [
  {
    what: 'an older copy of its files is put back',
    why: /has seen commit \d+ of a1, and its file began at commit \d+/,
    harm: ({ a1, old }) => {
      rmSync(a1, { recursive: true });
      cpSync(old, a1, { recursive: true });
    },
  },
  {
    what: 'its WAL is deleted after everything was killed',
    isKilled: true,
    why: /has seen commit \d+ of a1, and its file began at commit \d+/,
    harm: ({ a1 }) => rmSync(join(a1, 'acceptor.db-wal')),
  },
  {
    what: 'its directory is emptied',
    why: /has recorded the store [0-9a-f]{32} for a1, and its file is the store [0-9a-f]{32}/,
    harm: ({ a1 }) => rmSync(a1, { recursive: true }),
  },
  {
    what: "another acceptor's files are in their place",
    why: /it belongs to acceptor 'a2'/,
    harm: ({ a1, a2 }) => {
      rmSync(a1, { recursive: true });
      cpSync(a2, a1, { recursive: true });
    },
  },
];

for (const { what, isKilled = false, why, harm } of DAMAGES) {
  test.serial(`an acceptor does not vote, when ${what} (A4)`, async t => {
    const cluster = new TestCluster();
    t.teardown(async () => {
      await cluster.stop();
      rmSync(cluster.directory, { recursive: true, force: true });
    });
    const place = (name: string): string => join(cluster.directory, name);
    const first = await start(cluster);
    await write(first, 0);
    await stop(first);
    cpSync(place('a1'), place('old'), { recursive: true });
    const second = await start(cluster);
    await write(second, WRITES);
    await (isKilled ? kill(second) : stop(second));

    harm({ a1: place('a1'), old: place('old'), a2: place('a2') });
    const third = await start(cluster);
    await goesOnWithout(t, third, why);
    await stop(third);
  });
}

async function goesOnWithout(t: ExecutionContext, running: Running, why: RegExp): Promise<void> {
  const written = (await running.client.variable<number[]>('kept').read()).value;
  t.deepEqual(
    written,
    Array.from({ length: 2 * WRITES }, (_, i) => i),
  );
  await write(running, 2 * WRITES);
  const last = readFileSync(join(running.cluster.directory, 'logs', 'a1.log'), 'utf8')
    .trimEnd()
    .split('\n')
    .at(-1);
  t.regex(last ?? '', why);
  const events = logOf(running.cluster, 'a1').map(({ event }) => event);
  t.is(events.filter(event => event === 'ready').length, 2);
}

test.serial('all processes are killed at once, and started again: it comes up by itself (A4)', async t => {
  const cluster = new TestCluster();
  t.teardown(async () => {
    await cluster.stop();
    rmSync(cluster.directory, { recursive: true, force: true });
  });
  const first = await start(cluster);
  await write(first, 0);
  await kill(first);
  const second = await start(cluster);
  await write(second, WRITES);
  t.is((await second.client.variable<number[]>('kept').read()).value?.length, 2 * WRITES);
  await stop(second);
});
