// The transport over a package that shows no way to publish in one piece.

import test from 'ava';
import type { Connection } from '../../src/transport/connection.ts';
import { ReconnectingTransport } from '../../src/transport/reconnecting-transport.ts';

test('publishToEach() publishes one by one where the package knows no other way', async t => {
  const published: string[] = [];
  let isClosed = false;
  const connection: Connection = {
    publish: (subject, bytes, options) =>
      published.push(`${subject} ${bytes.length} ${options?.headers === undefined ? 'bare' : 'headed'}`),
    subscribe: () => ({ unsubscribe: () => undefined, drain: async () => undefined }),
    flush: async () => undefined,
    drain: async () => undefined,
    close: async () => undefined,
    closed: () => new Promise(() => undefined),
    isClosed: () => isClosed,
    isDraining: () => false,
    getServer: () => 'nats://nowhere',
    status: async function* () {},
  };
  const transport = new ReconnectingTransport({
    servers: ['nats://nowhere'],
    dial: async () => connection,
    headers: () => ({ set: () => undefined }),
    reasonOf: String,
  });
  await transport.open();
  transport.publishToEach(['a', 'b', 'c'], Uint8Array.of(1), new Map([['Name', 'x']]));
  transport.publishToEach(['d', 'e'], Uint8Array.of(1, 2));
  t.deepEqual(published.splice(0), ['a 1 headed', 'b 1 headed', 'c 1 headed', 'd 2 bare', 'e 2 bare']);
  isClosed = true;
  transport.publishToEach(['f', 'g'], Uint8Array.of(1));
  t.deepEqual(published, []);
  await transport.close();
});
