// What goes which way.

import test from 'ava';
import { largeApart, SMALL_BYTES_MAX } from '../../src/transport/large-apart.ts';
import type { Message } from '../../src/transport/transport.ts';
import { MemoryBroker } from './memory-transport.ts';

test('largeApart() sends what is large and what is for watchers the second way, and receives by the first', async t => {
  const ways = { small: new MemoryBroker(), large: new MemoryBroker() };
  const heard: string[] = [];
  for (const [way, broker] of Object.entries(ways))
    broker
      .transport()
      .subscribe('>', ({ subject, bytes }) => heard.push(`${way} ${subject} ${bytes.length}`));
  const both = largeApart(ways.small.transport(), ways.large.transport(), subject =>
    subject.startsWith('e.'),
  );
  both.publish('r.1', new Uint8Array(SMALL_BYTES_MAX));
  both.publish('r.2', new Uint8Array(SMALL_BYTES_MAX + 1));
  both.publish('e.k', new Uint8Array(1));
  await new Promise(setImmediate);
  t.deepEqual(heard.splice(0), ['small r.1 1024', 'large r.2 1025', 'large e.k 1']);
  both.publishToEach(['r.1', 'e.k', 'r.2'], new Uint8Array(1));
  both.publishToEach(['r.3'], new Uint8Array(SMALL_BYTES_MAX + 1));
  await new Promise(setImmediate);
  t.deepEqual(heard, ['small r.1 1', 'small r.2 1', 'large e.k 1', 'large r.3 1025']);
  const got: Message[] = [];
  both.subscribe('in', message => got.push(message));
  ways.small.transport().publish('in', new Uint8Array(0));
  ways.large.transport().publish('in', new Uint8Array(0));
  await new Promise(setImmediate);
  t.is(got.length, 1);
});
