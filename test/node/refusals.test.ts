import test from 'ava';
import { Refusals } from '../../src/node/service/refusals.ts';
import { ServiceStats } from '../../src/node/service/service-stats.ts';
import { decodeBody } from '../../src/transport/body-codec.ts';

function scripted() {
  const told: { subjects: readonly string[]; body: unknown; number: string | undefined }[] = [];
  const stats = new ServiceStats();
  const publishToEach = (
    subjects: readonly string[],
    bytes: Uint8Array,
    headers?: ReadonlyMap<string, string>,
  ) => {
    told.push({ subjects, body: decodeBody(bytes), number: headers?.get('Nats-Service-Error-Code') });
  };
  return { refusals: new Refusals({ publishToEach }, stats), told, stats };
}

const JSON_BODY = Buffer.from('{}');
const MSGPACK_BODY = Buffer.from([0x80]);
const OVERLOADED = { ok: false, error: { code: 'overloaded' } };

test('Refusals are told at the end of the turn, all at once, each in the format of its request', async t => {
  const { refusals, told, stats } = scripted();
  refusals.turnAway('a', JSON_BODY);
  refusals.turnAway('b', MSGPACK_BODY);
  refusals.turnAway('c', JSON_BODY);
  t.deepEqual(told, []);
  await new Promise(setImmediate);
  t.like(told, [
    { subjects: ['a', 'c'], body: OVERLOADED, number: '429' },
    { subjects: ['b'], body: OVERLOADED, number: '429' },
  ]);
  refusals.turnAway('d', JSON_BODY);
  await new Promise(setImmediate);
  t.deepEqual(
    told.map(({ subjects }) => subjects),
    [['a', 'c'], ['b'], ['d']],
    'each once',
  );
  t.is(stats.turnedAway.get('overloaded'), 4);
});

test('Refusals count who waits for no answer, and tell nobody', async t => {
  const { refusals, told, stats } = scripted();
  refusals.turnAway('', JSON_BODY);
  await new Promise(setImmediate);
  t.deepEqual(told, []);
  t.is(stats.turnedAway.get('overloaded'), 1);
});
