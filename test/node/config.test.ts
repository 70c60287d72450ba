// The configuration: precedence, defaults, and a sentence for every mistake.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { acceptorConfig, proposerConfig } from '../../src/node/config/config.ts';
import { ConfigError } from '../../src/node/config/config-error.ts';

const ACCEPTOR = { id: 'a1', data: '/d' };
const MB = 1024 * 1024;

function fileWith(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'synod-config-')), 'conf.json');
  writeFileSync(path, text);
  return path;
}

function mistakesOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

test('acceptorConfig() fills in defaults', t => {
  t.deepEqual(acceptorConfig({ ...ACCEPTOR, memoryMb: '32' }, {}), {
    kind: 'acceptor',
    id: 'a1',
    data: '/d',
    whenQuarantined: 'end',
    memoryBytesMax: 32 * MB,
    http: null,
    logFormat: 'auto',
    cluster: 'synod',
    acceptors: ['a1', 'a2', 'a3'],
    nats: {
      servers: ['nats://127.0.0.1:4222'],
      credentials: { kind: 'none' },
      tls: { kind: 'default' },
    },
  });
});

test('proposerConfig() fills in defaults and a name from the host', t => {
  const config = proposerConfig({}, {});
  t.regex(config.name, /^p-[A-Za-z0-9_-]{1,30}$/);
  t.is(config.prefix, 'synod');
  t.is(config.changes, null);
  t.true(config.hasEvents);
  t.false(proposerConfig({ events: 'off' }, {}).hasEvents);
  t.deepEqual([config.asks, proposerConfig({}, { SYNOD_ASKS: 'all' }).asks], ['quorum', 'all']);
  const { memoryBytesMax, ...limits } = config.limits;
  t.true(memoryBytesMax >= 16 * MB && memoryBytesMax <= 256 * MB);
  t.is(proposerConfig({ memoryMb: '7' }, {}).limits.memoryBytesMax, 7 * MB);
  t.deepEqual(limits, {
    requestsMax: 4096,
    valueBytesMax: 262_144,
    timeoutMsDefault: 2000,
    timeoutMsMax: 60_000,
  });
});

test('a flag wins over the environment, and that over the file', t => {
  const config = fileWith('{"name": "file", "prefix": "file", "cluster": "file", "requestsMax": 7}');
  const env = { SYNOD_PREFIX: 'env', SYNOD_CLUSTER: 'env' };
  const { name, prefix, cluster, limits } = proposerConfig({ config, cluster: 'flag' }, env);
  t.deepEqual([name, prefix, cluster, limits.requestsMax], ['file', 'env', 'flag', 7]);
});

test('the file can be named by the environment', t => {
  t.is(proposerConfig({}, { SYNOD_CONFIG: fileWith('{"name": "p9"}') }).name, 'p9');
});

test('lists and numbers are read from text', t => {
  const env = {
    SYNOD_ACCEPTORS: 'x, y ,z',
    SYNOD_NATS: 'nats://n1:4222,tls://[::1]:4333,n3',
    SYNOD_VALUE_BYTES_MAX: '100',
  };
  const config = proposerConfig({}, env);
  t.deepEqual(config.acceptors, ['x', 'y', 'z']);
  t.deepEqual(config.nats.servers, ['nats://n1:4222', 'tls://[::1]:4333', 'n3']);
  t.is(config.limits.valueBytesMax, 100);
});

test('an empty environment variable counts as not given', t => {
  t.is(proposerConfig({}, { SYNOD_PREFIX: '' }).prefix, 'synod');
});

test('environment variables that name no setting are left alone', t => {
  t.notThrows(() => proposerConfig({}, { SYNOD_PORT: 'tcp://10.0.0.1:80', SYNOD_SERVICE_HOST: 'x' }));
});

test('credentials and TLS become unions', t => {
  const file = fileWith('');
  const env = { SYNOD_NATS_USER: 'u', SYNOD_NATS_PASSWORD: 'p', SYNOD_NATS_TLS_CA: file };
  const { nats } = acceptorConfig(ACCEPTOR, env);
  t.deepEqual(nats.credentials, { kind: 'password', user: 'u', password: 'p' });
  t.deepEqual(nats.tls, { kind: 'files', caFile: file, certificate: null });
  const { credentials } = acceptorConfig({ ...ACCEPTOR, natsToken: 's3cret' }, {}).nats;
  t.deepEqual(credentials, { kind: 'token', token: 's3cret' });
});

test('all mistakes are told at once, each with source, name, value and what is allowed', t => {
  const config = fileWith('{"data": 7, "acceptor": ["a1"], "cluster": "a b"}');
  const mistakes = mistakesOf(() =>
    acceptorConfig({ config, nats: 'http://x' }, { SYNOD_ACCEPTORS: 'a1,a1' }),
  );
  t.is(mistakes.length, 6, mistakes.join('\n'));
  const expected = [
    `Cannot use "acceptor" in the file ${config}: there is no such setting; there are id, data, nats, `,
    'Cannot start without id: give --id, SYNOD_ID or "id" in the file of --config.',
    `Cannot use 7 for "data" in the file ${config}: it must be text.`,
    'Cannot use "http://x" for --nats: it must be nats://HOST:PORT or tls://HOST:PORT',
    `Cannot use "a b" for "cluster" in the file ${config}: it must be 1 to 32 of the characters`,
    'Cannot use "a1,a1" for the environment variable SYNOD_ACCEPTORS: it must not have a name twice.',
  ];
  for (const sentence of expected)
    t.true(
      mistakes.some(mistake => mistake.startsWith(sentence)),
      sentence,
    );
});

test('the longest timeout cannot be below the default one', t => {
  const mistakes = mistakesOf(() => proposerConfig({ timeoutMsMax: '1000' }, {}));
  t.deepEqual(mistakes, ['Cannot use 1000 for timeoutMsMax: it is below timeoutMsDefault, which is 2000.']);
});

test('settings that do not go together are refused', t => {
  const env = { SYNOD_NATS_USER: 'u', SYNOD_NATS_TOKEN: 't', SYNOD_NATS_TLS_KEY: fileWith('') };
  t.deepEqual(
    mistakesOf(() => proposerConfig({}, env)),
    [
      'Cannot use --nats-user without --nats-password: give both or neither.',
      'Cannot use --nats-tls-key without --nats-tls-cert: give both or neither.',
      'Cannot use --nats-user and --nats-token together: give one kind of credentials.',
    ],
  );
});

test('without a setting for it there is no second connection', t => {
  t.is(proposerConfig({ natsToken: 't' }, {}).apiNats, null);
});

test('the second connection is as the first, where nothing else is said', t => {
  const file = fileWith('');
  const env = { SYNOD_NATS: 'nats://n1', SYNOD_NATS_TOKEN: 't', SYNOD_NATS_TLS_CA: file };
  const { nats, apiNats } = proposerConfig({ apiNatsUser: 'api', apiNatsPassword: 'p' }, env);
  t.deepEqual(nats.credentials, { kind: 'token', token: 't' });
  t.deepEqual(apiNats, { ...nats, credentials: { kind: 'password', user: 'api', password: 'p' } });
  t.deepEqual(proposerConfig({ apiNats: 'nats://n2' }, env).apiNats, { ...nats, servers: ['nats://n2'] });
});

test('settings of the second connection that do not go together are refused by their own names', t => {
  const flags = { apiNatsUser: 'u', apiNatsToken: 't', apiNatsTlsCert: fileWith('') };
  t.deepEqual(
    mistakesOf(() => proposerConfig(flags, {})),
    [
      'Cannot use --api-nats-user without --api-nats-password: give both or neither.',
      'Cannot use --api-nats-tls-cert without --api-nats-tls-key: give both or neither.',
      'Cannot use --api-nats-user and --api-nats-token together: give one kind of credentials.',
    ],
  );
});

test('no password is repeated in a mistake', t => {
  const flags = { natsToken: 5, apiNatsToken: 6, nats: 'nats://me:hunter2@host:4222' };
  const mistakes = mistakesOf(() => proposerConfig(flags, {}));
  t.is(mistakes.length, 3);
  t.false(mistakes.join().includes('hunter2'));
  t.true(mistakes.some(mistake => mistake.startsWith('Cannot use what was given for --nats-token')));
});

test('a file that is missing, no JSON or no object is told by its name', t => {
  t.regex(mistakesOf(() => proposerConfig({ config: '/none.json' }, {})).join(), /file \/none\.json: ENOENT/);
  for (const text of ['{', '[]', 'null', '7']) {
    const config = fileWith(text);
    const mistakes = mistakesOf(() => proposerConfig({ config }, {}));
    t.is(mistakes.length, 1, text);
    t.true(mistakes[0]?.startsWith(`Cannot use the configuration file ${config}: `), text);
  }
});

const REFUSED: readonly (readonly [key: string, value: unknown])[] = [
  ['cluster', 'x'.repeat(33)],
  ['cluster', ''],
  ['name', 'p.1'],
  ['prefix', 'synod-internal'],
  ['prefix', 'synod-internal.x'],
  ['prefix', '_INBOX'],
  ['prefix', 'a..b'],
  ['prefix', '$SRV'],
  ['acceptors', 'a1,,a2'],
  ['acceptors', []],
  ['nats', 'nats://host:0'],
  ['nats', 'nats://host:65536'],
  ['nats', ''],
  ['requestsMax', '0'],
  ['requestsMax', '1e3'],
  ['requestsMax', 1.5],
  ['valueBytesMax', '99999999999999999999'],
  ['timeoutMsMax', '-5'],
  ['natsCreds', '/none'],
  ['changes', '/none.js'],
];

for (const [key, value] of REFUSED) {
  test(`proposerConfig() refuses ${key} = ${JSON.stringify(value)}`, t => {
    const mistakes = mistakesOf(() => proposerConfig({ [key]: value }, {}));
    t.is(mistakes.length, 1);
    t.true(mistakes[0]?.startsWith(`Cannot use ${JSON.stringify(value)} for --`), mistakes[0]);
  });
}

test('http is a host with a port, or a port of loopback', t => {
  const httpOf = (http: string) => acceptorConfig({ ...ACCEPTOR, http }, {}).http;
  t.deepEqual(httpOf('9464'), { host: '127.0.0.1', port: 9464 });
  t.deepEqual(httpOf('0.0.0.0:0'), { host: '0.0.0.0', port: 0 });
  t.deepEqual(httpOf('[::1]:80'), { host: '::1', port: 80 });
  for (const http of ['', 'host', 'host:', ':80', '::1:80', '1:99999', 'http://h:80']) {
    t.regex(mistakesOf(() => httpOf(http)).join(), /HOST:PORT/, http);
  }
});
