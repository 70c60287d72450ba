// An acceptor that is paused for long while much is written. What it is sent and does not take fills the buffers of its
// connection at the NATS server, which then, with its default settings, stops to read what a publisher says for up to 10 s.

import { rmSync } from 'node:fs';
import test from 'ava';
import { connect } from '../../src/index.ts';
import { TestCluster } from './local-cluster.ts';

/** Together more than the buffers of one connection take. */
const VALUE_BYTES = 16_000;
const WRITES = 1500;
const CLIENTS = 32;
/** Shorter than the server would stand still. */
const TIMEOUT_MS = 5000;

const cluster = new TestCluster();
test.after.always(async () => {
  await cluster.stop();
  rmSync(cluster.directory, { recursive: true, force: true });
});

test('a paused acceptor is not sent what it cannot take: writes go on', async t => {
  const { nats, acceptors } = await cluster.start();
  const client = await connect({ servers: [nats.url], timeoutMs: TIMEOUT_MS });
  const paused = acceptors.find(({ id }) => id === 'a3');
  if (paused === undefined) throw new Error('there is no a3');
  const value = 'x'.repeat(VALUE_BYTES);
  process.kill(paused.pid, 'SIGSTOP');
  try {
    const writer = async (who: number): Promise<void> => {
      const variable = client.variable(`behind.${who}`);
      for (let i = 0; i < WRITES / CLIENTS; i++) await variable.write(`${value}${i}`);
    };
    await t.notThrowsAsync(Promise.all(Array.from({ length: CLIENTS }, (_, who) => writer(who))));
  } finally {
    process.kill(paused.pid, 'SIGCONT');
    await client.close();
  }
});
