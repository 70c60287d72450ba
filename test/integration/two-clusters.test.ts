// Acceptors of two clusters of one name vote on one NATS (S6): who would serve one of them says so and does not.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { BadRequestError } from '../../src/client/errors.ts';
import { connect } from '../../src/index.ts';
import { TestCluster } from './local-cluster.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.js');
const TWO = /two clusters of this name vote on this NATS/;

test('where two clusters of a name vote no proposer starts, embedded or not, and no backup is made', async t => {
  const cluster = new TestCluster();
  t.teardown(async () => {
    await cluster.stop();
    rmSync(cluster.directory, { recursive: true, force: true });
  });
  const { url } = (await cluster.start()).nats;
  const backup = (): Promise<string> =>
    cluster.run('backup', join(cluster.directory, 'backup.jsonl')).then(
      () => 'made',
      (error: Error) => error.message,
    );
  t.is(await backup(), 'made');
  // A cluster by itself, whose id no acceptor of the other one has: nobody tells it that it is at a wrong place.
  const args = ['acceptor', '--id', 'x', '--acceptors', 'x', '--data', join(cluster.directory, 'x')];
  const stranger = spawn(process.execPath, [MAIN, ...args, '--nats', url], { stdio: 'ignore' });
  t.teardown(() => stranger.kill('SIGKILL'));
  let said = await backup();
  for (; said === 'made'; said = await backup()) await delay(50);
  t.regex(said, TWO);

  const proposer = spawn(process.execPath, [MAIN, 'proposer', '--name', 'p9', '--nats', url], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.teardown(() => proposer.kill('SIGKILL'));
  let err = '';
  proposer.stderr.on('data', chunk => {
    err += chunk;
  });
  const [code] = await once(proposer, 'close');
  t.is(code, 78);
  t.regex(err, TWO);

  const acceptors = ['a1', 'a2', 'a3'];
  const embedded = connect({ servers: url, proposer: 'embedded', cluster: 'synod', acceptors });
  await t.throwsAsync(embedded, { instanceOf: BadRequestError, message: TWO });
  t.is(await cluster.run('put', 'k', 'v'), 'version 1\n', 'who served before goes on');
});
