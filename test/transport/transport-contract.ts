// What every Transport does. Run for the one in memory and for NATS, so that tests over the first say something
// of the second.

import type { ExecutionContext, TestFn } from 'ava';
import type { Message, Transport } from '../../src/transport/transport.ts';

/** Two transports of one broker. */
type Pair = readonly [Transport, Transport];

export function transportContract(
  test: TestFn,
  name: string,
  pairOf: (t: ExecutionContext) => Promise<Pair>,
): void {
  const checks: Readonly<Record<string, (t: ExecutionContext, pair: Pair) => Promise<void>>> = {
    'delivers to every pattern that matches, in order': async (t, [here, there]) => {
      const got: string[] = [];
      for (const pattern of ['a.b', 'a.*', 'a.>', '*.b', 'a', 'a.b.>', 'a.*.b', 'b.>']) {
        there.subscribe(pattern, ({ subject, bytes }) => got.push(`${pattern} ${subject} ${bytes[0]}`));
      }
      await there.flush();
      here.publish('a.b', Uint8Array.of(1));
      here.publish('a.b.c', Uint8Array.of(2));
      here.publish('a.b', Uint8Array.of(3));
      await settled([here, there]);
      t.deepEqual(
        got.filter(line => line.startsWith('a.> ')),
        ['a.> a.b 1', 'a.> a.b.c 2', 'a.> a.b 3'],
      );
      const expected = ['*.b a.b 1', '*.b a.b 3', 'a.* a.b 1', 'a.* a.b 3', 'a.> a.b 1', 'a.> a.b 3'];
      t.deepEqual(got.sort(), [...expected, 'a.> a.b.c 2', 'a.b a.b 1', 'a.b a.b 3', 'a.b.> a.b.c 2'].sort());
    },
    'gives a message to one member of a queue, and to everybody outside of it': async (t, [here, there]) => {
      let inQueue = 0;
      let outside = 0;
      for (const transport of [here, there]) {
        transport.subscribe('q', () => (inQueue += 1), { queue: 'members' });
        transport.subscribe('q', () => (outside += 1));
        await transport.flush();
      }
      for (let i = 0; i < 10; i++) here.publish('q', new Uint8Array(0));
      await settled([here, there]);
      t.deepEqual({ inQueue, outside }, { inQueue: 10, outside: 20 });
    },
    'carries a reply subject and headers': async (t, [here, there]) => {
      const got: Message[] = [];
      there.subscribe('r', message => got.push(message));
      there.subscribe('inbox', () => undefined);
      await there.flush();
      here.publish('r', Uint8Array.of(1), { reply: 'inbox', headers: new Map([['Name', 'x']]) });
      here.publish('r', Uint8Array.of(1));
      await settled([here, there]);
      const [first, second] = got;
      t.deepEqual([first?.reply, first?.header('Name'), first?.header('Other')], ['inbox', 'x', undefined]);
      t.deepEqual([second?.reply, second?.header('Name')], ['', undefined]);
      t.false(first?.isNoResponders);
    },
    'carries the same message to each of many subjects, once, in order': async (t, [here, there]) => {
      const got: string[] = [];
      there.subscribe('e.*', message => {
        const { subject, bytes, reply } = message;
        got.push(`${subject} ${Buffer.from(bytes).toString('hex')} ${reply}${message.header('Name')}`);
      });
      await there.flush();
      const headers = new Map([['Name', 'größe']]);
      here.publishToEach([], Uint8Array.of(0));
      here.publishToEach(['e.1', 'e.ü', 'e.3'], Uint8Array.of(0x80, 0x0d, 0xff), headers);
      here.publish('e.4', Uint8Array.of(4));
      here.publishToEach(['e.5', 'e.6'], new Uint8Array(0));
      await settled([here, there]);
      t.deepEqual(got, [
        'e.1 800dff größe',
        'e.ü 800dff größe',
        'e.3 800dff größe',
        'e.4 04 undefined',
        'e.5  undefined',
        'e.6  undefined',
      ]);
    },
    'tells a requester that nobody listens': async (t, [here, there]) => {
      const got: boolean[] = [];
      here.subscribe('inbox', ({ isNoResponders }) => got.push(isNoResponders));
      await here.flush();
      here.publish('nobody', Uint8Array.of(1), { reply: 'inbox' });
      here.publish('nobody', Uint8Array.of(1));
      await settled([here, there]);
      there.publish('inbox', new Uint8Array(0));
      await settled([there, here]);
      t.deepEqual(got, [true, false]);
    },
    'delivers nothing after a subscription or the transport is closed': async (t, [here, there]) => {
      const got: string[] = [];
      there.subscribe('c', () => got.push('closed')).close();
      const open = here.subscribe('c', () => got.push('open'));
      await settled([there, here]);
      here.publish('c', new Uint8Array(0));
      await settled([here, there]);
      open.close();
      await there.close();
      here.publish('c', new Uint8Array(0));
      there.publish('c', new Uint8Array(0));
      await here.flush();
      t.deepEqual(got, ['open']);
    },
  };
  for (const [title, check] of Object.entries(checks)) {
    test(`${name} ${title}`, async t => check(t, await pairOf(t)));
  }
}

/** What was published is at the broker after the first flush, and what the broker sent is here after the second. */
async function settled(transports: readonly Transport[]): Promise<void> {
  for (const transport of transports) await transport.flush();
  await new Promise(setImmediate);
}
