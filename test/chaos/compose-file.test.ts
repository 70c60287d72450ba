// What becomes of docker-compose.yml in a run on containers; needs no Docker.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ComposeFile } from './compose-file.ts';

const RESOLVED = {
  name: 'synod',
  services: {
    'nats-1': { ports: [{ mode: 'ingress', target: 4222, published: '4222' }] },
    a1: {
      command: ['acceptor'],
      environment: { SYNOD_ACCEPTORS: 'a1,a2', SYNOD_ID: 'a1' },
      volumes: [{ type: 'volume', source: 'a1', target: '/data' }],
    },
  },
  volumes: { a1: { name: 'synod_a1' } },
};

async function fileAt(t: ExecutionContext): Promise<ComposeFile> {
  const directory = await mkdtemp(join(tmpdir(), 'synod-compose-'));
  t.teardown(() => rm(directory, { recursive: true }));
  return new ComposeFile(join(directory, 'compose.json'), JSON.stringify(RESOLVED));
}

function written(file: ComposeFile): unknown {
  return JSON.parse(readFileSync(file.path, 'utf8'));
}

test('publish() changes the port of the machine, and nothing else', async t => {
  const file = await fileAt(t);
  t.deepEqual(written(file), RESOLVED);
  file.publish('nats-1', 5000);
  const ports = [{ mode: 'ingress', target: 4222, published: '5000' }];
  t.deepEqual(written(file), { ...RESOLVED, services: { ...RESOLVED.services, 'nats-1': { ports } } });
  t.throws(() => file.publish('nats-9', 5000), { message: 'docker-compose.yml has no nats-9' });
});

test('exchange() makes an acceptor one of another id with a volume of its own, as the founders are', async t => {
  const file = await fileAt(t);
  file.exchange('a1', 'a4');
  const a4 = {
    command: ['acceptor'],
    environment: { SYNOD_ACCEPTORS: 'a1,a2', SYNOD_ID: 'a4' },
    volumes: [{ type: 'volume', source: 'a4', target: '/data' }],
  };
  const services = { 'nats-1': RESOLVED.services['nats-1'], a4 };
  t.deepEqual(written(file), { ...RESOLVED, services, volumes: { a4: {} } });
});
