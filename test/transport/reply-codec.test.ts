import test from 'ava';
import { decodeBody } from '../../src/transport/body-codec.ts';
import {
  type Asked,
  encodeBadRequest,
  encodeReply,
  type ServiceAnswer,
} from '../../src/transport/reply-codec.ts';
import { BadRequest, ERROR_NUMBERS, isErrorCode } from '../../src/transport/service-errors.ts';
import { shown, UNSET_SHOWN } from '../protocol/group.ts';

const ASKED: Asked = { type: 'variable.cas', key: 'orders.42', format: 'json' };

function reply(answer: ServiceAnswer, asked: Partial<Asked> = {}) {
  const { bytes, headers } = encodeReply({ ...ASKED, ...asked }, answer);
  return { body: decodeBody(bytes), headers };
}

const refused: ServiceAnswer = {
  kind: 'refused',
  code: 'conflict',
  why: 'its version is 3, not 2',
  view: { set: true, value: 'A', version: 3 },
};

test('encodeReply() shows a done request, without headers', t => {
  t.deepEqual(reply(shown('A', 3)), {
    body: { ok: true, set: true, value: 'A', version: 3 },
    headers: undefined,
  });
});

test('encodeReply() leaves out a value that there is none of, and shows null', t => {
  t.deepEqual(reply(UNSET_SHOWN).body, { ok: true, set: false, version: 0 });
  const written: ServiceAnswer = {
    kind: 'done',
    view: { set: true, value: null, version: 1 },
    duplicate: false,
  };
  t.deepEqual(reply(written).body, { ok: true, set: true, value: null, version: 1 });
});

test('encodeReply() marks the answer to a retry (R1)', t => {
  const answer: ServiceAnswer = {
    kind: 'done',
    view: { set: true, value: 'A', version: 3 },
    duplicate: true,
  };
  t.deepEqual(reply(answer).body, { ok: true, set: true, value: 'A', version: 3, duplicate: true });
});

test('encodeReply() carries the current state with a refusal, and the NATS service headers', t => {
  const message = "Cannot compare and set 'orders.42': its version is 3, not 2";
  t.deepEqual(reply(refused), {
    body: { ok: false, error: { code: 'conflict', message }, set: true, value: 'A', version: 3 },
    headers: new Map([
      ['Nats-Service-Error-Code', '409'],
      ['Nats-Service-Error', message],
    ]),
  });
});

test('encodeReply() replies in the format of the request', t => {
  const json = encodeReply(ASKED, refused).bytes;
  const msgpack = encodeReply({ ...ASKED, format: 'msgpack' }, refused).bytes;
  t.is(json[0], 0x7b);
  t.is((msgpack[0] ?? 0) & 0xf0, 0x80);
  t.deepEqual(decodeBody(msgpack), decodeBody(json));
});

test('encodeReply() tells definite failures from the unknown, in number and words (P2)', t => {
  const noQuorum = reply({ kind: 'no_quorum', why: 'too few answered' });
  t.is(noQuorum.headers?.get('Nats-Service-Error-Code'), '503');
  t.is(noQuorum.headers?.get('Nats-Service-Error'), "Cannot compare and set 'orders.42': too few answered");
  const unknown = reply({ kind: 'unknown', why: 'no quorum confirmed it in time' });
  t.is(unknown.headers?.get('Nats-Service-Error-Code'), '504');
  t.regex(
    unknown.headers?.get('Nats-Service-Error') ?? '',
    /^Cannot tell whether .* was applied: .*; read it, or retry/,
  );
  const overloaded = reply({ kind: 'overloaded', why: 'try again later' });
  t.is(overloaded.headers?.get('Nats-Service-Error-Code'), '429');
});

test('encodeReply() names every operation by what it does', t => {
  const types = ['switch.set', 'switch.read', 'register.write', 'register.read', 'variable.read'] as const;
  const more = [
    'variable.write',
    'variable.create',
    'variable.cas',
    'variable.delete',
    'variable.change',
  ] as const;
  for (const type of [...types, ...more]) {
    const { headers } = reply(refused, { type });
    t.regex(headers?.get('Nats-Service-Error') ?? '', /^Cannot [a-z ]+ 'orders\.42': /);
  }
});

test('encodeBadRequest() says what is wrong, and keeps line ends out of the header', t => {
  const { bytes, headers } = encodeBadRequest(
    'json',
    new BadRequest('bad_key', "The key 'a\r\nX: 1' is bad"),
  );
  t.deepEqual(decodeBody(bytes), {
    ok: false,
    error: { code: 'bad_key', message: "The key 'a\r\nX: 1' is bad" },
  });
  t.is(headers?.get('Nats-Service-Error'), "The key 'a  X: 1' is bad");
  t.is(headers?.get('Nats-Service-Error-Code'), '400');
});

test('isErrorCode() knows the codes and nothing that every object has', t => {
  for (const code of Object.keys(ERROR_NUMBERS)) t.true(isErrorCode(code));
  for (const other of ['', 'toString', '__proto__', 'nope', 7, null, undefined]) t.false(isErrorCode(other));
});
