// Listing on a real cluster, while others write and with one acceptor stopped.

import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { BadRequestError } from '../../src/client/errors.ts';
import { type Client, connect } from '../../src/index.ts';
import { type Members, TestCluster } from './local-cluster.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.js');
const run = promisify(execFile);
const cluster = new TestCluster();
let members: Members;
let client: Client;

test.before(async () => {
  members = await cluster.start();
  client = await connect({ servers: members.nats.url });
});
test.after.always(async () => {
  for (const { pid } of members.acceptors) process.kill(pid, 'SIGCONT');
  await client?.close();
  await cluster.stop();
  rmSync(cluster.directory, { recursive: true, force: true });
});

async function listed(at: Client, prefix: string, pageKeys = 1000): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of at.list(prefix, { pageKeys })) keys.push(key);
  return keys;
}

const KEYS = Array.from({ length: 300 }, (_, i) => `l.k.${i}`).sort();

test.serial('list has what is set once, with one acceptor stopped and while others come and go', async t => {
  const [a1] = members.acceptors;
  if (a1 === undefined) throw new Error('the cluster is too small');
  await Promise.all(KEYS.map(key => client.variable(key).write(key)));
  await client.switch('l.s').set();
  await client.register('l.r').write(1);
  await client.variable('l.gone').write(1);
  await client.variable('l.gone').delete();
  let isOver = false;
  const others = (async () => {
    for (let i = 0; !isOver; i++) {
      const coming = client.variable(`l.k.c.${i % 8}`);
      await coming.write(i);
      if (i % 2 === 0) await coming.delete();
    }
  })();
  process.kill(a1.pid, 'SIGSTOP');
  for (const pageKeys of [1000, 40]) {
    const keys = await listed(client, 'l.k.', pageKeys);
    t.is(new Set(keys).size, keys.length);
    t.deepEqual(keys.filter(key => !key.startsWith('l.k.c.')).sort(), KEYS);
  }
  process.kill(a1.pid, 'SIGCONT');
  isOver = true;
  await others;
  const kinds = new Map<string, string>();
  for await (const { key, kind, version } of client.list('l.')) kinds.set(key, `${kind} ${version}`);
  t.is(kinds.get('l.s'), 'switch 1');
  t.is(kinds.get('l.r'), 'register 1');
  t.is(kinds.get('l.k.1'), 'variable 1');
  t.false(kinds.has('l.gone'));
  await t.throwsAsync(listed(client, '..'), { instanceOf: BadRequestError });
});

test.serial('a program with a proposer of its own lists the same', async t => {
  const acceptors = members.acceptors.map(({ id }) => id);
  const own = await connect({
    servers: members.nats.url,
    proposer: 'embedded',
    cluster: 'synod',
    acceptors,
  });
  t.deepEqual([...(await listed(own, 'l.'))].sort(), [...(await listed(client, 'l.'))].sort());
  await own.close();
});

test.serial('synod ls: a line for each, a limit, and one object with --json', async t => {
  const synod = async (...args: readonly string[]) =>
    (await run(process.execPath, [MAIN, 'ls', '--server', members.nats.url, ...args])).stdout;
  t.is(await synod('l.s'), 'l.s\tswitch\t1\n');
  t.is((await synod('l.k.', '--limit', '7')).trimEnd().split('\n').length, 7);
  t.deepEqual(JSON.parse(await synod('l.r', '--json')), {
    ok: true,
    keys: [{ key: 'l.r', kind: 'register', version: 1 }],
  });
  t.is(await synod('none.'), '');
});
