import test from 'ava';
import { Mailroom } from '../../src/client/mailroom.ts';
import type { Message } from '../../src/transport/transport.ts';
import { TransportError } from '../../src/transport/transport.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';

const INBOX = '_INBOX.me';

/** A mailroom, and a service that keeps the reply subjects instead of answering. */
function scene() {
  const broker = new MemoryBroker();
  const service = broker.transport();
  const replies: string[] = [];
  service.subscribe('ask', ({ reply }) => replies.push(reply));
  const mailroom = new Mailroom(broker.transport(), INBOX);
  const got: string[] = [];
  const ask = (name: string) =>
    mailroom.request('ask', new Uint8Array(0), message => got.push(`${name}: ${textOf(message)}`));
  const answer = (reply: string | undefined, text: string) => service.publish(reply ?? '', Buffer.from(text));
  return { mailroom, replies, got, ask, answer };
}

function textOf(message: Message | undefined): string {
  return message === undefined ? 'closed' : Buffer.from(message.bytes).toString();
}

/** All that was published has been delivered, and what was published by that. */
async function delivered(): Promise<void> {
  await new Promise(setImmediate);
}

test('Mailroom brings every reply to the request that it answers, in any order', async t => {
  const { replies, got, ask, answer } = scene();
  for (const name of ['first', 'second', 'third']) ask(name);
  await delivered();
  t.is(new Set(replies).size, 3);
  answer(replies[2], 'C');
  answer(replies[0], 'A');
  answer(replies[1], 'B');
  await delivered();
  t.deepEqual(got, ['third: C', 'first: A', 'second: B']);
});

test('Mailroom drops a reply that comes twice, too late, or to no request', async t => {
  const { replies, got, ask, answer } = scene();
  ask('twice');
  const stop = ask('late');
  await delivered();
  stop();
  answer(replies[0], 'A');
  answer(replies[0], 'B');
  answer(replies[1], 'C');
  for (const foreign of ['zz', '0', '', '__proto__']) answer(`${INBOX}.${foreign}`, 'D');
  await delivered();
  t.deepEqual(got, ['twice: A']);
});

test('Mailroom never uses a reply subject again', async t => {
  const { replies, ask, answer } = scene();
  for (let i = 0; i < 100; i++) {
    ask('again');
    await delivered();
    answer(replies.at(-1), 'A');
    await delivered();
  }
  t.is(new Set(replies).size, 100);
});

test('close() tells everybody who waits, once, and no reply is brought after', async t => {
  const { mailroom, replies, got, ask, answer } = scene();
  ask('first');
  ask('second');
  await delivered();
  t.false(mailroom.isClosed);
  mailroom.close();
  mailroom.close();
  t.true(mailroom.isClosed);
  answer(replies[0], 'A');
  await delivered();
  t.deepEqual(got, ['first: closed', 'second: closed']);
});

test('request() that cannot be published leaves nobody waiting', t => {
  const transport = {
    ...new MemoryBroker().transport(),
    publish: () => {
      throw new TransportError('too large');
    },
  };
  const mailroom = new Mailroom(transport, INBOX);
  t.throws(() => mailroom.request('ask', new Uint8Array(9), () => t.fail()), { instanceOf: TransportError });
  mailroom.close();
});
