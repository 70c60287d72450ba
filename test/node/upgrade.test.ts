// A node of today among nodes of other builds, which it meets while a cluster is upgraded one by one.

import test from 'ava';
import { MemoryStore } from '../../src/storage/memory-store.ts';
import { decodeReplies } from '../../src/transport/message-codec.ts';
import { internalSubjects } from '../../src/transport/subjects.ts';
import { storeOf } from '../actors/standings.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';
import { bytesOf, CLUSTER, PROPOSER, WIRE_2, WIRE_3 } from '../transport/recorded-messages.ts';
import { votingAcceptor } from './voting-acceptor.ts';

test('an acceptor serves proposers of its wire version, and tells in its log of older and newer ones', async t => {
  const configuration = { ...CLUSTER, epoch: 1, acceptors: ['a1'] };
  const subjects = internalSubjects(CLUSTER.cluster);
  const broker = new MemoryBroker();
  const store = Object.assign(new MemoryStore(), { storeId: storeOf('a1') });
  const refused: unknown[] = [];
  const acceptor = await votingAcceptor({
    id: 'a1',
    configuration,
    store,
    transport: broker.transport(),
    log: (event, fields) => event === 'message_refused' && refused.push(fields?.why),
  });
  const other = broker.transport();
  const replied = new Promise<Uint8Array>(resolve => {
    other.subscribe(subjects.proposer(PROPOSER), ({ bytes }) => resolve(bytes));
  });
  // What is refused would be answered before what comes after it.
  other.publish(subjects.acceptors, bytesOf(WIRE_2.commands));
  other.publish(subjects.acceptors, bytesOf(WIRE_3.commands.replace('9703', '9704')));
  other.publish(subjects.acceptors, bytesOf(WIRE_3.commands));
  const decoded = decodeReplies(CLUSTER, await replied);
  acceptor.stop();
  if (decoded.kind === 'refused') return t.fail(decoded.why);
  const kinds = decoded.envelope.items.map(({ kind }) => kind);
  t.deepEqual(kinds.toSorted(), [
    'accepted',
    'collected',
    'copied',
    'floored',
    'floored',
    'promised',
    'report',
  ]);
  // Of those that come within a second the log has the first.
  t.deepEqual(refused, ['wire version 2, not 3']);
  const slot = (await store.load(['orders.42'])).get('orders.42');
  t.like(slot, { accepted: { counter: 3, proposer: PROPOSER }, promised: { counter: 4 } });
});
