// The transport over a real nats-server: one that is paused and comes back, and one that is given too much.

import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import test from 'ava';
import { connectNats } from '../../src/transport/nats-transport.ts';
import { TransportError } from '../../src/transport/transport.ts';
import { transportContract } from './transport-contract.ts';

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Error('no port'));
      });
    });
  });
}

function startServer(port: number): ChildProcess {
  const PATH = `${process.env.PATH}:/usr/sbin`;
  return spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port)], { stdio: 'ignore', env: { PATH } });
}

transportContract(test, 'NatsTransport', async t => {
  const port = await freePort();
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
  const port = await freePort();
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

test('publish() refuses a message that is larger than the server takes, and goes on', async t => {
  const port = await freePort();
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
