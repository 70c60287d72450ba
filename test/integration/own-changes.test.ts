// Changes of a user's own on a real cluster: by name and by version, and one that never ends harms nobody else.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { BadRequestError, type Client, connect, RefusedError } from '../../src/index.ts';
import { connectNats } from '../../src/transport/nats-transport.ts';
import { rejection } from '../client/scripted-proposer.ts';
import { TestCluster } from './local-cluster.ts';

const cluster = new TestCluster({ SYNOD_CHANGES: join(import.meta.dirname, 'changes') });
let servers: string;
let client: Client;

test.before(async () => {
  servers = (await cluster.start()).nats.url;
  client = await connect({ servers });
});
test.after.always(async () => {
  await client?.close();
  await cluster.stop();
  rmSync(cluster.directory, { recursive: true, force: true });
});

test.serial('a change of one’s own is asked for by its name or a version of it', async t => {
  const bank = client.variable('bank');
  await bank.write({ ann: 10 });
  t.deepEqual((await bank.change('transfer@1', ['ann', 'bob', 4])).value, { ann: 6, bob: 4 });
  t.deepEqual((await bank.change('transfer', ['bob', 'ann', 5])).value, { ann: 11, bob: -1 });
  const poor = await rejection(bank.change('transfer@1', ['bob', 'ann', 1]), RefusedError);
  t.is(poor.code, 'rejected');
  t.regex(poor.message, /'bob' has too little/);
  const wrong = await rejection(bank.change('transfer', ['ann', 'bob', -1]), RefusedError);
  t.regex(wrong.message, /its argument 2: /);
  t.like(await bank.read(), { value: { ann: 11, bob: -1 }, version: 3 });
  const none = await rejection(bank.change('transfer@3', ['ann', 'bob', 1]), BadRequestError);
  t.is(none.code, 'unknown_change');
});

test.serial('a change that never ends is rejected, and other requests are answered meanwhile', async t => {
  const others = Array.from({ length: 20 }, (_, i) => client.variable('others').change('add', [i]));
  const endless = rejection(client.variable('endless').change('forEver'), RefusedError);
  await Promise.all(others);
  t.is((await endless).code, 'rejected');
  t.like(await client.variable('others').read(), { value: 190, version: 20 });
  t.false((await client.variable('endless').read()).set);
});

test.serial('the service tells which changes it knows', async t => {
  const transport = await connectNats({ servers: [servers], name: 'test', connectTimeoutMs: 5000 });
  t.teardown(() => transport.close());
  const info = await new Promise<string>(resolve => {
    transport.subscribe('_INBOX.info', ({ bytes }) => resolve(Buffer.from(bytes).toString()));
    transport.publish('$SRV.INFO.synod', new Uint8Array(0), { reply: '_INBOX.info' });
  });
  const known = JSON.parse(info).metadata.changes.split(',');
  for (const name of ['add', 'merge', 'transfer', 'transfer@1', 'transfer@2', 'forEver@1'])
    t.true(known.includes(name), name);
});
