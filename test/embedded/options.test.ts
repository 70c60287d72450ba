import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { z } from 'zod';
import { BadRequestError, UnavailableError } from '../../src/client/errors.ts';
import { changesOf, type EmbeddedOptions, embeddedSettings } from '../../src/embedded/options.ts';
import { connect, defineChange } from '../../src/index.ts';
import { rejection } from '../client/scripted-proposer.ts';

const OPTIONS: EmbeddedOptions = { proposer: 'embedded', cluster: 'c1', acceptors: ['a1', 'a2', 'a3'] };

/** A program without types can give anything. */
function mistakesOf(options: object): string {
  try {
    embeddedSettings(options as EmbeddedOptions);
  } catch (error) {
    if (error instanceof BadRequestError && error.code === 'bad_request') return error.message;
    throw error;
  }
  return '';
}

test('embeddedSettings() fills in what a proposer has by default', t => {
  t.deepEqual(embeddedSettings(OPTIONS), {
    cluster: 'c1',
    acceptors: ['a1', 'a2', 'a3'],
    prefix: 'synod',
    valueBytesMax: 262_144,
    requestsMax: 4096,
    memoryMb: 64,
    collects: false,
    asks: 'quorum',
  });
});

test('embeddedSettings() says what is missing, all at once', t => {
  const [cluster, acceptors, ...others] = mistakesOf({ proposer: 'embedded' }).split('\n');
  t.regex(cluster ?? '', /^Cannot embed a proposer without 'cluster': it must be/);
  t.regex(acceptors ?? '', /^Cannot embed a proposer without 'acceptors': it must be/);
  t.deepEqual(others, []);
});

test('embeddedSettings() says what cannot be used, and why', t => {
  for (const [name, value] of [
    ['cluster', 'c.1'],
    ['acceptors', []],
    ['acceptors', ['a1', 'a1']],
    ['acceptors', ['a 1']],
    ['acceptors', 3],
    ['prefix', 'synod-internal'],
    ['valueBytesMax', 0],
    ['requestsMax', 1.5],
    ['asks', 'two'],
  ] as const) {
    const mistake = mistakesOf({ ...OPTIONS, [name]: value });
    t.true(
      mistake.startsWith(`Cannot embed a proposer with ${JSON.stringify(value)} for '${name}': it must`),
    );
    t.false(mistake.includes('\n'), mistake);
  }
});

test('changesOf() takes changes, or a module as a proposer is given it', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'synod-test-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'changes.mjs');
  const schema = "{ '~standard': { validate: value => ({ value }) } }";
  const apply = 'apply: value => value * 2';
  writeFileSync(path, `export const double = { name: 'double', version: 1, args: ${schema}, ${apply} };`);
  const double = defineChange({
    name: 'double',
    version: 1,
    args: z.tuple([]),
    apply: value => Number(value) * 2,
  });
  for (const changes of [path, [double]]) {
    const table = await changesOf({ ...OPTIONS, changes });
    t.is(table.get('double')?.(21, [], { nowMs: 0, version: 1 }), 42);
    t.true(table.has('add'));
  }
  for (const changes of [
    [{ ...double, name: 'add' }],
    [{ ...double, name: '1st' }],
    ['one' as never],
    join(directory, 'none'),
  ]) {
    t.is((await rejection(changesOf({ ...OPTIONS, changes }), BadRequestError)).code, 'bad_request');
  }
});

test('connect() refuses a proposer of another kind, and says when no server is there', async t => {
  const other = { ...OPTIONS, proposer: 'remote' } as unknown as EmbeddedOptions;
  t.regex((await rejection(connect(other), BadRequestError)).message, /'remote', only 'embedded'/);
  await rejection(connect({ ...OPTIONS, acceptors: [] }), BadRequestError);
  const nobody = { ...OPTIONS, servers: 'nats://127.0.0.1:1', connectTimeoutMs: 1 };
  t.is((await rejection(connect(nobody), UnavailableError)).code, 'no_server');
});
