// What `synod up` prints: every process, and lines that can be pasted.

import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import { promisify } from 'node:util';
import test from 'ava';
import { describeCluster } from '../../src/cli/cluster-text.ts';
import { upConfig } from '../../src/node/config/up-config.ts';

const CONFIG = upConfig({ data: '/d' }, {});

function membersAt(url: string) {
  return {
    nats: { url, pid: 1, monitor: null },
    acceptors: [{ id: 'a1', pid: 22 }],
    proposers: [{ id: 'p1', pid: 333 }],
  };
}

test('describeCluster() shows every process with its pid', t => {
  const text = describeCluster(membersAt('nats://127.0.0.1:4222'), CONFIG);
  t.regex(text, /^ {2}nats-server {2}pid 1 {4}nats:\/\/127\.0\.0\.1:4222$/m);
  t.regex(text, /^ {2}acceptor a1 {2}pid 22 {3}\/d\/a1$/m);
  t.regex(text, /^ {2}proposer p1 {2}pid 333 {2}synod\.>$/m);
});

test('describeCluster() leaves out the bare socket where the server wants TLS', t => {
  const text = describeCluster(membersAt('tls://n1:4222'), CONFIG);
  t.true(text.includes('nats -s tls://n1:4222 req'));
  t.false(text.includes('/dev/tcp/'));
});

/** Greets as NATS does, and answers every PUB with its own payload once all of it is there. */
function echoingServer(): Promise<Server> {
  const server = createServer(socket => {
    let received = '';
    socket.write('INFO {}\r\n');
    socket.on('error', () => {});
    socket.on('data', chunk => {
      received += chunk;
      const match = /\r\nPUB (\S+) r (\d+)\r\n(.*)\r\n/.exec(received);
      if (match?.[3]?.length === Number(match?.[2])) {
        socket.write(`MSG r 1 ${match?.[2]}\r\n${match?.[3]}\r\n`);
      }
    });
  });
  return new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

test('the lines for a bare socket speak NATS and print the reply', async t => {
  const server = await echoingServer();
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const text = describeCluster(membersAt(`nats://127.0.0.1:${port}`), CONFIG);
  const lines = text.split('\n').filter(line => line.includes('/dev/tcp/'));
  const replies = await Promise.all(lines.map(line => promisify(execFile)('bash', ['-c', line])));
  server.close();
  t.deepEqual(
    replies.map(({ stdout }) => stdout),
    ['{"value":"world"}\n', '{"value":"moon"}\n', '{"value":1,"version":0}\n'],
  );
});
