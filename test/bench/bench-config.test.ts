// The configuration of `synod bench`.

import test from 'ava';
import { benchConfig, benchHelp } from '../../src/bench/bench-config.ts';
import { WORKLOADS } from '../../src/bench/workloads.ts';
import { ConfigError } from '../../src/node/config/config-error.ts';

function mistakesOf(flags: Readonly<Record<string, unknown>>): readonly string[] {
  try {
    benchConfig(flags, {});
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

test('benchConfig() fills in defaults', t => {
  t.deepEqual(benchConfig({}, {}), {
    workloads: Object.keys(WORKLOADS),
    clients: [64],
    proposers: ['service'],
    rate: null,
    durationMs: 10_000,
    warmUpMs: 2000,
    timeoutMs: 5000,
    keys: 10_000,
    valueBytes: 100,
    threads: 1,
    prefix: 'synod',
    json: 'none',
    target: {
      kind: 'running',
      nats: { servers: ['nats://127.0.0.1:4222'], credentials: { kind: 'none' }, tls: { kind: 'default' } },
      isNatsGiven: false,
      data: null,
      monitor: null,
    },
  });
});

test('benchConfig() takes lists with commas between, each item once', t => {
  const config = benchConfig({ workload: 'read,cas, read', clients: '1,64,1' }, {});
  t.deepEqual(
    [config.workloads, config.clients],
    [
      ['read', 'cas'],
      [1, 64],
    ],
  );
  t.is(benchConfig({ workload: 'read,all' }, {}).workloads.length, Object.keys(WORKLOADS).length);
});

test('benchConfig() tells --json with a file from --json without', t => {
  t.is(benchConfig({ json: true }, {}).json, 'stdout');
  t.deepEqual(benchConfig({ json: 'f' }, {}).json, { file: 'f' });
});

test('benchConfig() finds NATS where the nodes do, and ignores what is meant for nodes', t => {
  const env = {
    NATS_URL: 'nats://n1:4222',
    SYNOD_ACCEPTORS: 'a1,a2,a3',
    SYNOD_DATA: '/d',
    SYNOD_CONFIG: '/none',
  };
  const { target } = benchConfig({}, env);
  t.like(target, { kind: 'running', nats: { servers: ['nats://n1:4222'] }, isNatsGiven: true, data: null });
  t.is(benchConfig({ local: true }, env).target.kind, 'local');
});

test('benchConfig() names the flag and the value of each mistake', t => {
  const wrong: Readonly<Record<string, string>> = {
    workload: 'reads',
    clients: '1,none',
    rate: '0',
    duration: '1.5',
    warmUp: '-1',
    timeout: '0',
    keys: '0',
    valueBytes: 'big',
    threads: '33',
    monitor: 'ftp://n1',
    prefix: 'a b',
    nats: 'http://n1',
  };
  const mistakes = mistakesOf(wrong);
  t.is(mistakes.length, Object.keys(wrong).length);
  for (const [key, value] of Object.entries(wrong)) {
    const flag = key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);
    t.true(mistakes.some(mistake => mistake.startsWith(`Cannot use "${value}" for --${flag}: it must be `)));
  }
});

test('benchConfig() refuses flags that do not go together', t => {
  t.deepEqual(mistakesOf({ acceptors: '3', proposers: '2' }), [
    'Cannot use --acceptors without --local: a cluster that runs has its own.',
    'Cannot use --proposers without --local: a cluster that runs has its own.',
  ]);
  t.deepEqual(mistakesOf({ local: true, nats: 'n1', data: 'd', monitor: 'http://n1:8222' }), [
    'Cannot use --local and --data together: --local starts a cluster of its own.',
    'Cannot use --local and --monitor together: --local starts a cluster of its own.',
    'Cannot use --local and --nats together: --local starts a cluster of its own.',
  ]);
});

test('benchConfig() measures an embedded proposer beside the service, where the acceptors are known', t => {
  for (const target of [{ local: true }, { data: 'd' }]) {
    t.deepEqual(benchConfig({ ...target, embedded: true }, {}).proposers, ['service', 'embedded']);
  }
  t.deepEqual(mistakesOf({ embedded: true }), [
    'Cannot use --embedded without --local or --data: they tell which acceptors a proposer works with.',
  ]);
});

test('the help of every number names the default that is used', t => {
  for (const [key, wanted] of [
    ['clients', 64],
    ['duration', 10],
    ['warmUp', 2],
    ['timeout', 5],
    ['keys', 10_000],
    ['valueBytes', 100],
    ['threads', 1],
  ] as const) {
    t.true(benchHelp[key].help.endsWith(`(default ${wanted})`), key);
  }
});
