import test from 'ava';
import { Replies } from '../../src/node/service/replies.ts';
import { ServiceStats } from '../../src/node/service/service-stats.ts';
import { decodeBody } from '../../src/transport/body-codec.ts';

function scripted() {
  const told: { subjects: readonly string[]; body: unknown; number: string | undefined }[] = [];
  const stats = new ServiceStats();
  const publishToEach = (
    subjects: readonly string[],
    bytes: Uint8Array,
    headers?: ReadonlyMap<string, string>,
  ): void => {
    told.push({ subjects, body: decodeBody(bytes), number: headers?.get('Nats-Service-Error-Code') });
  };
  const publish = (subject: string, bytes: Uint8Array): void => publishToEach([subject], bytes);
  const ofBatches: string[] = [];
  const take = (reply: string): boolean => reply.startsWith('batch.') && ofBatches.push(reply) > 0;
  const transport = { publish, publishToEach };
  const replies = new Replies({ transport, stats, log: () => undefined, batches: { take } });
  return { replies, told, ofBatches, stats };
}

const JSON_BODY = Buffer.from('{}');
const MSGPACK_BODY = Buffer.from([0x80]);
const OVERLOADED = { ok: false, error: { code: 'overloaded' } };

test('turnAway() tells at the end of the turn, all at once, each in the format of its request', async t => {
  const { replies, told, stats } = scripted();
  replies.turnAway('a', JSON_BODY);
  replies.turnAway('b', MSGPACK_BODY);
  replies.turnAway('c', JSON_BODY);
  t.deepEqual(told, []);
  await new Promise(setImmediate);
  t.like(told, [
    { subjects: ['a', 'c'], body: OVERLOADED, number: '429' },
    { subjects: ['b'], body: OVERLOADED, number: '429' },
  ]);
  replies.turnAway('d', JSON_BODY);
  await new Promise(setImmediate);
  t.deepEqual(
    told.map(({ subjects }) => subjects),
    [['a', 'c'], ['b'], ['d']],
    'each once',
  );
  t.is(stats.turnedAway.get('overloaded'), 4);
});

test('turnAway() counts who waits for no answer, and tells nobody', async t => {
  const { replies, told, stats } = scripted();
  replies.turnAway('', JSON_BODY);
  await new Promise(setImmediate);
  t.deepEqual(told, []);
  t.is(stats.turnedAway.get('overloaded'), 1);
});

test('Replies bring to a batch at once what is for a request of it, and publish the rest', async t => {
  const { replies, told, ofBatches, stats } = scripted();
  replies.turnAway('batch.1', JSON_BODY);
  replies.send('batch.2', { bytes: JSON_BODY });
  replies.send('a', { bytes: JSON_BODY });
  replies.send('', { bytes: JSON_BODY });
  t.deepEqual(ofBatches, ['batch.1', 'batch.2']);
  t.is(stats.turnedAway.get('overloaded'), 1);
  await new Promise(setImmediate);
  t.like(told, [{ subjects: ['a'] }]);
  t.is(told.length, 1);
});
