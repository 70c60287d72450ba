// What waits at an acceptor whose disk does not answer.

import test from 'ava';
import { MemoryStore } from '../../src/storage/memory-store.ts';
import { ALL } from '../../src/transport/envelope-codec.ts';
import { encodeCommands } from '../../src/transport/message-codec.ts';
import { internalSubjects } from '../../src/transport/subjects.ts';
import { storeOf } from '../actors/standings.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';
import { votingAcceptor } from './voting-acceptor.ts';

const CONFIGURATION = { cluster: 'c', epoch: 1, acceptors: ['a1'] };
const VALUE_BYTES = 256 * 1024;
const WAITING_BYTES_MAX = 128 * 1024 * 1024;

/** Its commits never end, once it is told so. */
class HangingStore extends MemoryStore {
  readonly storeId = storeOf('a1');
  isHanging = false;

  override commit(slots: Parameters<MemoryStore['commit']>[0]): Promise<void> {
    return this.isHanging ? new Promise(() => undefined) : super.commit(slots);
  }
}

test('what waits at an acceptor whose disk hangs is bounded in bytes', async t => {
  const store = new HangingStore();
  const broker = new MemoryBroker();
  const acceptor = await votingAcceptor({
    id: 'a1',
    configuration: CONFIGURATION,
    store,
    transport: broker.transport(),
    log: () => undefined,
  });
  store.isHanging = true;
  const ballot = { counter: 1, proposer: 'p' };
  const next = { counter: 2, proposer: 'p' };
  const accept = { kind: 'accept' as const, key: 'k', ballot, next, value: new Uint8Array(VALUE_BYTES) };
  const envelope = { sender: 'p', recipient: ALL, items: [accept], news: [] };
  const message = encodeCommands(CONFIGURATION, envelope);
  const proposer = broker.transport();
  const publish = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++)
      proposer.publish(internalSubjects(CONFIGURATION.cluster).acceptors, message);
    await new Promise(setImmediate);
  };
  const fits = WAITING_BYTES_MAX / VALUE_BYTES;
  await publish(1);
  await publish(fits - 10);
  t.is(acceptor.turns.dropped, 0);
  await publish(fits);
  t.true(acceptor.turns.dropped >= fits - 10, `${acceptor.turns.dropped} were dropped`);
  acceptor.stop();
});
