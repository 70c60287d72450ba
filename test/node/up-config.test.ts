// The configuration of `synod up`.

import { resolve } from 'node:path';
import test from 'ava';
import { ConfigError } from '../../src/node/config/config-error.ts';
import { nodeEnvironment, upConfig } from '../../src/node/config/up-config.ts';

test('upConfig() fills in defaults', t => {
  t.deepEqual(upConfig({}, {}), {
    directory: resolve('.synod'),
    nats: { kind: 'own', port: 4222, monitorPort: null },
    cluster: 'synod',
    prefix: 'synod',
    changes: null,
    acceptors: ['a1', 'a2', 'a3'],
    proposers: ['p1', 'p2'],
    dashboardPort: null,
  });
});

test('upConfig() uses the server of NATS_URL unless a port or a URL is given', t => {
  const env = { NATS_URL: 'nats://n1:4222' };
  t.deepEqual(upConfig({}, env).nats, { kind: 'running', urls: ['nats://n1:4222'] });
  t.deepEqual(upConfig({ nats: 'n2,n3' }, env).nats, { kind: 'running', urls: ['n2', 'n3'] });
  t.deepEqual(upConfig({ natsPort: '0' }, env).nats, { kind: 'own', port: 0, monitorPort: null });
  const monitored = upConfig({ natsPort: '1', natsMonitorPort: '8222' }, env).nats;
  t.deepEqual(monitored, { kind: 'own', port: 1, monitorPort: 8222 });
});

test('upConfig() opens a port for pages, and for those of named origins alone', t => {
  const { nats } = upConfig(
    { natsWebsocketPort: '0', natsWebsocketOrigins: 'http://localhost:8080,https://a.example' },
    { NATS_URL: 'nats://n1:4222' },
  );
  t.like(nats, {
    kind: 'own',
    websocket: { port: 0, origins: ['http://localhost:8080', 'https://a.example'] },
  });
  const mistake = (flags: object): string => t.throws(() => upConfig({ ...flags }, {}))?.message ?? '';
  t.regex(mistake({ natsWebsocketPort: '0' }), /--nats-websocket-origins together.*any page/);
  t.regex(mistake({ natsWebsocketOrigins: 'http://a' }), /together/);
  for (const natsWebsocketOrigins of ['*', 'localhost:8080', 'http://a/b', 'ws://a', ''])
    t.regex(mistake({ natsWebsocketPort: '0', natsWebsocketOrigins }), /what pages are loaded from/);
});

test('upConfig() takes cluster and prefix from the environment, as the nodes do', t => {
  const { cluster, prefix } = upConfig({}, { SYNOD_CLUSTER: 'blue', SYNOD_PREFIX: 'state.blue' });
  t.deepEqual([cluster, prefix], ['blue', 'state.blue']);
});

test('upConfig() tells every mistake', t => {
  const flags = { nats: 'n1', natsPort: '1', natsMonitorPort: '2', acceptors: '0', proposers: 'two' };
  const error = t.throws(() => upConfig(flags, {}), { instanceOf: ConfigError });
  t.is(error.mistakes.length, 4);
  t.regex(error.message, /Cannot use "0" for --acceptors: it must be a whole number from 1 to 32\./);
  t.regex(error.message, /Cannot use "two" for --proposers/);
  t.regex(error.message, /Cannot use --nats and --nats-port together/);
  t.regex(error.message, /Cannot use --nats and --nats-monitor-port together/);
});

test('upConfig() finds mistakes in what the nodes will inherit', t => {
  t.throws(() => upConfig({}, { SYNOD_REQUESTS_MAX: '-1' }), { message: /SYNOD_REQUESTS_MAX/ });
  const ofAcceptors = { SYNOD_WHEN_QUARANTINED: 'bogus' };
  t.throws(() => upConfig({}, ofAcceptors), { message: /SYNOD_WHEN_QUARANTINED/ });
});

test('nodeEnvironment() leaves out what every node is given by flags', t => {
  const env = { PATH: '/bin', SYNOD_ID: 'a', SYNOD_CONFIG: 'f', NATS_URL: 'u', SYNOD_REQUESTS_MAX: '9' };
  t.deepEqual(nodeEnvironment(env), { PATH: '/bin', SYNOD_REQUESTS_MAX: '9' });
});
