// A cluster that is backed up while clients write, a new one out of the backup, and registers from one into another as
// lines of JSON.

import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Client } from '../../src/client/client.ts';
import { NatsService } from '../../src/client/nats-service.ts';
import { connectNats } from '../../src/transport/nats-transport.ts';
import { TestCluster } from './local-cluster.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.js');
const KEYS = 300;

async function synod(...args: readonly string[]): Promise<{ code: number | null; out: string }> {
  const child = spawn(process.execPath, [MAIN, ...args]);
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      out += String(chunk);
    });
  }
  const code = await new Promise<number | null>(resolve => child.once('close', resolve));
  return { code, out };
}

async function start(
  t: ExecutionContext,
  cluster: string,
): Promise<{ url: string; directory: string; client: Client }> {
  const nodes = new TestCluster({ SYNOD_CLUSTER: cluster });
  t.teardown(async () => {
    await nodes.stop();
    rmSync(nodes.directory, { recursive: true, force: true });
  });
  const { nats } = await nodes.start();
  const transport = await connectNats({ servers: [nats.url], name: 'test', connectTimeoutMs: 5000 });
  const client = new Client(new NatsService(transport, { prefix: 'synod' }), { timeoutMs: 15_000 });
  t.teardown(() => client.close());
  return { url: nats.url, directory: nodes.directory, client };
}

test('what was acknowledged before a backup is in the new cluster, and is not applied again there', async t => {
  const [old, young] = await Promise.all([start(t, 'old'), start(t, 'young')]);
  const file = join(old.directory, 'all.synod');
  await old.client.switch('s').set();
  await old.client.register('r').write({ winner: 'ann' });
  await old.client.variable('gone').write(1);
  await old.client.variable('gone').delete();
  await old.client.variable('counted').change('add', [5], { id: 'five' });
  const keys = Array.from({ length: KEYS }, (_, i) => `k.${i}`);
  await Promise.all(keys.map(key => old.client.variable(key).write(key)));
  let isOver = false;
  const writing = (async () => {
    for (let i = 0; !isOver; i++) await old.client.variable(`k.${i % KEYS}`).write(`again ${i}`);
  })();
  const taken = await synod('backup', file, '--nats', old.url, '--cluster', 'old');
  isOver = true;
  await writing;
  t.is(taken.code, 0, taken.out);
  t.regex(taken.out, new RegExp(`saved ${KEYS + 4} registers`));

  const itself = await synod('restore', file, '--nats', old.url, '--cluster', 'old');
  t.is(itself.code, 1);
  t.regex(itself.out, /is of cluster 'old' itself/);

  const into = ['--nats', young.url, '--cluster', 'young'];
  const cut = join(old.directory, 'cut.synod');
  writeFileSync(cut, readFileSync(file).subarray(0, -100));
  t.regex((await synod('restore', cut, ...into)).out, /it was cut off/);
  t.false(await young.client.switch('s').read(), 'nothing of a backup that is not whole is restored');

  const restored = await synod('restore', file, ...into);
  t.is(restored.code, 0, restored.out);
  t.true(await young.client.switch('s').read());
  t.like(await young.client.register('r').read(), { value: { winner: 'ann' }, version: 1 });
  t.like(await young.client.variable('counted').change('add', [5], { id: 'five' }), { version: 1 });
  t.like(await young.client.variable('gone').create(2), { version: 3 });
  const values = await Promise.all(keys.map(async key => (await young.client.variable(key).read()).value));
  t.deepEqual(
    values.filter((value, i) => value !== keys[i] && !String(value).startsWith('again ')),
    [],
  );
  t.regex((await synod('restore', file, ...into)).out, /is not empty/);
});

test('registers go from one cluster to another as lines of JSON', async t => {
  const [one, other] = await Promise.all([start(t, 'one'), start(t, 'other')]);
  const file = join(one.directory, 'all.jsonl');
  await one.client.switch('x.s').set();
  await one.client.register('x.r').write([1, 2]);
  await one.client.variable('x.v').write('mine');
  await one.client.variable('y').write('left out');
  const exported = await synod('export', file, '--keys', 'x.', '--nats', one.url, '--cluster', 'one');
  t.is(exported.code, 0, exported.out);
  t.deepEqual(
    readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line).key)
      .sort(),
    ['x.r', 'x.s', 'x.v'],
  );
  await other.client.variable('x.v').write('theirs');
  const first = await synod('import', file, '--server', other.url, '--json');
  t.is(first.code, 73, first.out);
  t.like(JSON.parse(first.out), { written: 2, same: 0, refused: 1, refusedKeys: ['x.v'] });
  t.is((await other.client.variable('x.v').read()).value, 'theirs');
  const second = await synod('import', file, '--server', other.url, '--overwrite', '--json');
  t.is(second.code, 0, second.out);
  t.like(JSON.parse(second.out), { written: 1, same: 2, refused: 0 });
  t.is((await other.client.variable('x.v').read()).value, 'mine');
});
