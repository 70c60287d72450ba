import test from 'ava';
import { natsOptions } from '../../src/node/config/nats-options.ts';

test('natsOptions() lets nodes that were told the same servers begin at any of them, in the same order', t => {
  const config = {
    servers: ['nats://1', 'nats://2', 'nats://3'],
    credentials: { kind: 'none' },
    tls: { kind: 'default' },
  } as const;
  const orders = Array.from({ length: 200 }, () => natsOptions(config, 'n', () => {}).servers.join(' '));
  t.deepEqual([...new Set(orders)].sort(), [
    'nats://1 nats://2 nats://3',
    'nats://2 nats://3 nats://1',
    'nats://3 nats://1 nats://2',
  ]);
});
