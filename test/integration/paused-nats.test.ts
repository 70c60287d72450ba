// A nats-server that is paused until all have given up their connections to it. When it goes on, as many requests are let
// in at once as before.

import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { connectNats, type NatsTransport } from '../../src/transport/nats-transport.ts';
import type { Subscription } from '../../src/transport/transport.ts';
import { TestCluster } from './local-cluster.ts';

const PAUSE_MS = 3000;
/** More than a proposer lets in that takes what it reads for late. */
const AT_ONCE = 600;
/** A machine that holds processes up makes them refuse for a moment. */
const BURSTS_MAX = 20;
const ANSWERED_MS_MAX = 2000;
const REST_MS = 500;

const cluster = new TestCluster();
test.after.always(async () => {
  await cluster.stop();
  rmSync(cluster.directory, { recursive: true, force: true });
});

/** @returns how many of `AT_ONCE` reads were answered, and not turned away. */
async function burst(transport: NatsTransport, number: number): Promise<number> {
  const inbox = `_INBOX.burst${number}`;
  let answered = 0;
  let ended = 0;
  let subscription: Subscription | undefined;
  const all = new Promise<void>(resolve => {
    subscription = transport.subscribe(inbox, message => {
      ended += 1;
      if (!message.isNoResponders && message.header('Nats-Service-Error-Code') === undefined) answered += 1;
      if (ended === AT_ONCE) resolve();
    });
  });
  for (let i = 0; i < AT_ONCE; i++)
    transport.publish(`synod.variable.read.paused.${i}`, new Uint8Array(0), { reply: inbox });
  await Promise.race([all, sleep(ANSWERED_MS_MAX)]);
  subscription?.close();
  return answered;
}

test('after a pause of the nats-server as many requests are let in at once as before', async t => {
  const { nats } = await cluster.start();
  const transport = await connectNats({ servers: [nats.url], name: 'bursts', connectTimeoutMs: 5000 });
  t.teardown(() => transport.close());
  process.kill(nats.pid, 'SIGSTOP');
  await sleep(PAUSE_MS);
  process.kill(nats.pid, 'SIGCONT');
  let answered = 0;
  for (let i = 0; i < BURSTS_MAX && answered < AT_ONCE; i++) {
    await sleep(REST_MS);
    answered = await burst(transport, i);
  }
  t.is(answered, AT_ONCE);
});
