// What `synod up` prints: every process, and lines that can be pasted.

import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import { promisify } from 'node:util';
import test from 'ava';
import { describeCluster, headline, notesOn } from '../../src/cli/cluster-text.ts';
import type { UpSight } from '../../src/cli/up-sight.ts';
import { upConfig } from '../../src/node/config/up-config.ts';

const CONFIG = upConfig({ data: '/d' }, {});
const WELL: UpSight = {
  members: ['a1'],
  voting: 1,
  majority: 1,
  whys: new Map(),
  stopped: new Set(),
  coming: [],
};

function membersAt(url: string) {
  return {
    nats: { url, pid: 1, monitor: null },
    acceptors: [{ id: 'a1', pid: 22 }],
    proposers: [{ id: 'p1', pid: 333 }],
  };
}

test('describeCluster() shows every process with its pid', t => {
  const text = describeCluster(membersAt('nats://127.0.0.1:4222'), CONFIG, { sight: WELL });
  t.regex(text, /^ {2}nats-server {2}pid 1 {4}nats:\/\/127\.0\.0\.1:4222$/m);
  t.regex(text, /^ {2}acceptor a1 {2}pid 22 {3}\/d\/a1$/m);
  t.regex(text, /^ {2}proposer p1 {2}pid 333 {2}synod\.>$/m);
});

test('headline() says "is up" only of a cluster that can serve', t => {
  const of = (voting: number): string =>
    headline({ ...WELL, members: ['a1', 'a2', 'a3'], voting, majority: 2 }, '1.0');
  t.is(of(3), 'Synod is up (1.0 s). Ctrl-C stops it.');
  t.is(of(2), 'Synod is up (1.0 s), but only 2 of 3 acceptors vote. Ctrl-C stops it.');
  t.is(of(1), 'Synod CANNOT SERVE: 1 of 3 acceptors votes, and 2 must. Ctrl-C stops it.');
});

test('describeCluster() says why an acceptor does not vote, and gives no lines to paste where nothing is served', t => {
  const whys = new Map([['a1', "Acceptor 'a1' must not vote: it was lost."]]);
  const sight = { ...WELL, voting: 0, whys, stopped: new Set(['a1']) };
  const text = describeCluster(membersAt('nats://127.0.0.1:4222'), CONFIG, { sight });
  t.regex(text, /^ {2}acceptor a1 {2}stopped {2}\/d\/a1 {2}does not vote$/m);
  t.regex(text, /^ {2}Acceptor 'a1' must not vote: it was lost\.$/m);
  t.regex(text, /until 1 of a1 vote.*synod restore/);
  t.notRegex(text, /PUB|nats -s/);
});

test('notesOn() says what an even number of acceptors and an old nats-server do', t => {
  const even = upConfig({ data: '/d', acceptors: '4' }, {});
  t.deepEqual(notesOn(CONFIG, '2.10.27'), []);
  t.deepEqual(notesOn(CONFIG, undefined), []);
  t.regex(notesOn(even, '2.12.0').join(), /^4 acceptors bear no more failures than 3 \(1\)/);
  t.regex(
    notesOn(CONFIG, '2.9.10').join(),
    /^nats-server 2\.9\.10 goes on .* paused; 2\.10 or newer does not\.$/,
  );
});

test('describeCluster() leaves out the bare socket where the server wants TLS', t => {
  const text = describeCluster(membersAt('tls://n1:4222'), CONFIG, { sight: WELL });
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
  const text = describeCluster(membersAt(`nats://127.0.0.1:${port}`), CONFIG, { sight: WELL });
  const lines = text.split('\n').filter(line => line.includes('/dev/tcp/'));
  const replies = await Promise.all(lines.map(line => promisify(execFile)('bash', ['-c', line])));
  server.close();
  t.deepEqual(
    replies.map(({ stdout }) => stdout),
    ['{"value":"world"}\n', '{"value":"moon"}\n', '{"value":1,"version":0}\n'],
  );
});
