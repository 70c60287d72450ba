// `node dist/test/bench/transfers.js [SECONDS]`: transfers between two keys a second, by 1 and 16 clients on keys that they share
// little (1,000 accounts) and much (4), beside compare-and-set of one key with the read before it. A cluster of its own on this machine:
// look at the ratios.

import { rmSync } from 'node:fs';
import { loadavg } from 'node:os';
import { type Client, connect, RefusedError, TransactionConflictError } from '../../src/index.ts';
import { TestCluster } from '../integration/local-cluster.ts';

const SECONDS = Number(process.argv[2] ?? 5);
const CLIENTS = [1, 16];
const ACCOUNTS = [1000, 4];

type Turn = (client: Client, accounts: number) => Promise<boolean>;

const account = (accounts: number, but = -1): number => {
  const drawn = Math.floor(Math.random() * accounts);
  return drawn === but ? account(accounts, but) : drawn;
};

const TURNS: Readonly<Record<string, Turn>> = {
  'read and cas of one key': async (client, accounts) => {
    const variable = client.variable<number>(`plain.${account(accounts)}`);
    const { value = 100, version } = await variable.read();
    await variable.cas(value + 1, { version });
    return true;
  },
  'transfer between two keys': async (client, accounts) => {
    const from = account(accounts);
    const [a, b] = [`account.${from}`, `account.${account(accounts, from)}`];
    await client.transaction(async keys => {
      const [left = 100, right = 100] = await Promise.all([keys.get<number>(a), keys.get<number>(b)]);
      keys.set(a, left - 1);
      keys.set(b, right + 1);
    });
    return true;
  },
  'read two keys at once': async (client, accounts) => {
    const from = account(accounts);
    const keys = [`account.${from}`, `account.${account(accounts, from)}`];
    await client.transaction(held => Promise.all(keys.map(key => held.get(key))));
    return true;
  },
};

async function measure(clients: readonly Client[], accounts: number, turn: Turn): Promise<string> {
  const latencies: number[] = [];
  let conflicts = 0;
  const untilMs = performance.now() + SECONDS * 1000;
  await Promise.all(
    clients.map(async client => {
      while (performance.now() < untilMs) {
        const sinceMs = performance.now();
        try {
          await turn(client, accounts);
          latencies.push(performance.now() - sinceMs);
        } catch (error) {
          if (!(error instanceof RefusedError || error instanceof TransactionConflictError)) throw error;
          conflicts += 1;
        }
      }
    }),
  );
  latencies.sort((a, b) => a - b);
  const at = (share: number): string => (latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(1);
  return `${(latencies.length / SECONDS).toFixed(0).padStart(6)} a second, p50 ${at(0.5)}, p99 ${at(0.99)} ms, ${conflicts} refused`;
}

const cluster = new TestCluster();
try {
  const { nats } = await cluster.start();
  const all = await Promise.all(
    Array.from({ length: Math.max(...CLIENTS) }, () => connect({ servers: nats.url })),
  );
  for (const accounts of ACCOUNTS) {
    for (const count of CLIENTS) {
      console.log(`\n${count} clients, ${accounts} keys, load average ${loadavg()[0]?.toFixed(1)}`);
      for (const [name, turn] of Object.entries(TURNS))
        console.log(`${await measure(all.slice(0, count), accounts, turn)}  ${name}`);
    }
  }
  await Promise.all(all.map(client => client.close()));
} finally {
  await cluster.stop();
  rmSync(cluster.directory, { recursive: true, force: true });
}
