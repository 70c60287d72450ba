// The transport over a real nats-server: one that is paused and comes back, and one that is given too much.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { claimPort } from '../../src/node/local/nats-server.ts';
import { connectNats, type NatsTransport } from '../../src/transport/nats-transport.ts';
import { TransportError } from '../../src/transport/transport.ts';
import { transportContract } from './transport-contract.ts';

function startServer(port: number, more: readonly string[] = []): ChildProcess {
  const PATH = `${process.env.PATH}:/usr/sbin`;
  const args = ['-a', '127.0.0.1', '-p', String(port), ...more];
  return spawn('nats-server', args, { stdio: 'ignore', env: { PATH } });
}

transportContract(test, 'NatsTransport', async t => {
  const port = await claimPort(0, '-');
  const server = startServer(port);
  const options = { servers: [`nats://127.0.0.1:${port}`], name: 'contract', connectTimeoutMs: 10_000 };
  const pair = [await connectNats(options), await connectNats(options)] as const;
  t.teardown(async () => {
    for (const transport of pair) await transport.close();
    server.kill('SIGKILL');
  });
  return pair;
});

test('NatsTransport delivers every message once, after its server was paused and went on', async t => {
  const port = await claimPort(0, '-');
  const server = startServer(port);
  const servers = [`nats://127.0.0.1:${port}`];
  let onStatus: (status: string) => void = () => undefined;
  const said = (wanted: RegExp): Promise<void> =>
    new Promise(resolve => {
      onStatus = status => {
        if (wanted.test(status)) resolve();
      };
    });
  const receiver = await connectNats({
    servers,
    name: 'receiver',
    connectTimeoutMs: 10_000,
    onStatus: status => {
      onStatus(status);
    },
  });
  const received: string[] = [];
  let arrived: () => void = () => undefined;
  let resumed = 0;
  const onResumed = (): void => {
    resumed += 1;
  };
  receiver.subscribe(
    'test.once',
    message => {
      received.push(Buffer.from(message.bytes).toString());
      if (received.at(-1) === 'last') arrived();
    },
    { onResumed },
  );
  await receiver.flush();

  t.is(resumed, 0);
  const lost = said(/^connection lost/);
  server.kill('SIGSTOP');
  await lost;
  const back = said(/^connected/);
  server.kill('SIGCONT');
  await back;
  await receiver.flush();

  const sender = await connectNats({ servers, name: 'sender', connectTimeoutMs: 10_000 });
  const done = new Promise<void>(resolve => {
    arrived = resolve;
  });
  for (const text of ['one', 'two', 'three', 'last']) sender.publish('test.once', Buffer.from(text));
  await done;
  await receiver.flush();
  t.deepEqual(received, ['one', 'two', 'three', 'last']);
  t.true(resumed > 0, 'it was told that messages may be lost');
  await Promise.all([sender.close(), receiver.close()]);
  server.kill('SIGKILL');
});

/** A server that lets in whoever comes, and answers nothing after that. @returns what it has let in, in turn */
async function muteServer(port: number): Promise<{ readonly sockets: Socket[]; close(): void }> {
  const sockets: Socket[] = [];
  const server = createServer(socket => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.write('INFO {"server_id":"mute","version":"2.9.10","max_payload":1048576,"headers":true}\r\n');
    socket.once('data', () => socket.write('PONG\r\n'));
  });
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
  return {
    sockets,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

const ENDS: Readonly<Record<string, (socket: Socket | undefined, transport: NatsTransport) => void>> = {
  'is silent': () => undefined,
  'was ended': socket => socket?.destroy(),
  'it was closed': (_, transport) => void transport.close(),
};

for (const [why, end] of Object.entries(ENDS)) {
  test(`flush() rejects when the connection is lost meanwhile: ${why}`, async t => {
    const port = await claimPort(0, '-');
    const server = await muteServer(port);
    const servers = [`nats://127.0.0.1:${port}`];
    const transport = await connectNats({ servers, name: 'flushing', connectTimeoutMs: 10_000 });
    const flushing = transport.flush();
    end(server.sockets[0], transport);
    await t.throwsAsync(flushing, { instanceOf: TransportError, message: /connection to NATS was lost/ });
    server.close();
    await transport.close();
  });
}

test('publish() refuses a message that is larger than the server takes, and goes on', async t => {
  const port = await claimPort(0, '-');
  const server = startServer(port);
  const servers = [`nats://127.0.0.1:${port}`];
  const transport = await connectNats({ servers, name: 'both', connectTimeoutMs: 10_000 });
  const arrived = new Promise<number>(resolve => {
    transport.subscribe('test.large', ({ bytes }) => resolve(bytes.length));
  });
  const largest = 2 ** 20;
  t.throws(() => transport.publish('test.large', new Uint8Array(largest + 1)), {
    instanceOf: TransportError,
    message: /1048577 bytes: .* at most 1048576/,
  });
  const headers = new Map([['Name', 'x']]);
  t.throws(() => transport.publish('test.large', new Uint8Array(largest), { headers }), {
    instanceOf: TransportError,
  });
  t.throws(() => transport.publishToEach(['test.large', 'test.other'], new Uint8Array(largest), headers), {
    instanceOf: TransportError,
  });
  transport.publish('test.large', new Uint8Array(largest));
  t.is(await arrived, largest);
  await transport.close();
  server.kill('SIGKILL');
});

test('NatsTransport uses no server that carries less than is needed, says so, and takes the next one', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'synod-test-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const config = join(directory, 'small.conf');
  writeFileSync(config, 'max_payload: 65536');
  const [small, usual] = [await claimPort(0, '-'), await claimPort(0, '-')];
  const servers = [startServer(small, ['-c', config]), startServer(usual)];
  t.teardown(() => {
    for (const server of servers) server.kill('SIGKILL');
  });
  const options = { name: 'needy', payloadBytesMin: 1024 * 1024, connectTimeoutMs: 10_000 };
  const urls = [small, usual].map(port => `nats://127.0.0.1:${port}`);
  const transport = await connectNats({ ...options, servers: urls });
  t.true(transport.isConnected);
  await transport.close();
  const said: string[] = [];
  const told = new AbortController();
  const onStatus = (status: string): void => {
    said.push(status);
    if (/max_payload/.test(status)) told.abort();
  };
  await t.throwsAsync(connectNats({ ...options, servers: urls.slice(0, 1), onStatus, signal: told.signal }), {
    instanceOf: TransportError,
  });
  t.regex(
    said.at(-1) ?? '',
    /^cannot connect to NATS at nats:\/\/127.0.0.1:\d+: nats:\/\/.* carries at most 65536 bytes in a message, and 1048576 are needed: raise its max_payload$/,
  );
});
