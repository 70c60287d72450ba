// Recipes as subjects: what each asks of which register, and what its reply says of the register's states.

import test from 'ava';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import type { LockValue } from '../../src/protocol/lock-changes.ts';
import type { View } from '../../src/protocol/state.ts';
import { encodeBody } from '../../src/transport/body-codec.ts';
import { RECIPE_NAMES, registerKey } from '../../src/transport/recipe-codec.ts';
import { replyBody, type ServiceAnswer } from '../../src/transport/reply-codec.ts';
import { parseRequest } from '../../src/transport/request-codec.ts';
import { BadRequest, type ErrorCode } from '../../src/transport/service-errors.ts';
import { parseRequestSubject } from '../../src/transport/subjects.ts';

const BORDER = {
  limits: { valueBytesMax: 1000, timeoutMsDefault: 2000, timeoutMsMax: 60_000 },
  changes: BUILT_IN_CHANGES,
};

function parsed(name: string, body: object, key = 'k') {
  const subject = parseRequestSubject('synod', `synod.${name}.${key}`);
  return parseRequest(subject, encodeBody('json', { ...body }), undefined, BORDER);
}

const LEASE = { ttlMs: 10_000, permits: 1, limit: 1 };
const acquiring = (args: readonly unknown[]) => ({ type: 'variable.change', change: 'lock.acquire', args });
const changing = (change: string, ...args: readonly unknown[]) => ({ type: 'variable.change', change, args });
const READ = { type: 'variable.read' };

const ASKED: readonly (readonly [string, object, object, string?])[] = [
  ['lock.acquire', { owner: 'n1' }, acquiring(['n1', LEASE])],
  ['lock.acquire', { owner: 'n1', ttlMs: null }, acquiring(['n1', { ...LEASE, ttlMs: null }])],
  ['lock.renew', { token: 7 }, changing('lock.renew', 7)],
  ['lock.release', { token: 7 }, changing('lock.release', 7)],
  ['lock.read', {}, READ],
  ['semaphore.acquire', { owner: 'n1', limit: 3 }, acquiring(['n1', { ...LEASE, limit: 3 }])],
  [
    'semaphore.acquire',
    { owner: 'n1', permits: 3, limit: 3, ttlMs: 5 },
    acquiring(['n1', { ttlMs: 5, permits: 3, limit: 3 }]),
  ],
  ['semaphore.renew', { token: 7 }, changing('lock.renew', 7)],
  ['semaphore.release', { token: 7 }, changing('lock.release', 7)],
  ['semaphore.read', {}, READ],
  ['election.campaign', { name: 'n1' }, acquiring(['n1', LEASE])],
  ['election.renew', { token: 7 }, changing('lock.renew', 7)],
  ['election.resign', { token: 7 }, changing('lock.release', 7)],
  ['election.read', {}, READ],
  ['counter.add', {}, changing('add', 1)],
  ['counter.add', { amount: -2.5 }, changing('add', -2.5)],
  ['counter.next', { block: 100 }, changing('add', 100)],
  ['counter.read', {}, READ],
  ['once.read', {}, { type: 'register.read' }],
  ['once.claim', { owner: 'n1' }, acquiring(['n1', LEASE]), 'k.claim'],
  ['once.renew', { token: 7 }, changing('lock.renew', 7), 'k.claim'],
  ['once.release', { token: 7 }, changing('lock.release', 7), 'k.claim'],
  ['once.finish', { value: [1] }, { type: 'register.write', value: [1] }],
  ['barrier.arrive', { name: 'n1', parties: 2 }, changing('addToSet', 'n1')],
  ['barrier.read', { parties: 2 }, READ],
];

test('every recipe is one request of one register, with its id and its time', t => {
  for (const [name, body, operation, key = 'k'] of ASKED) {
    const { request, key: asked, timeoutMs, name: told } = parsed(name, { ...body, id: 'i', timeoutMs: 500 });
    t.deepEqual({ operation: request.operation, id: request.id }, { operation, id: 'i' } as never, name);
    t.deepEqual([asked, timeoutMs, told], [key, 500, name]);
    t.is(registerKey(parseRequestSubject('synod', `synod.${name}.k`)), key);
  }
  t.deepEqual([...new Set(ASKED.map(([name]) => name))].toSorted(), RECIPE_NAMES.toSorted());
});

const REFUSED: readonly (readonly [string, object, ErrorCode, RegExp, string?])[] = [
  ['lock.acquire', {}, 'bad_request', /'owner' is missing/],
  ['lock.acquire', { owner: '' }, 'bad_request', /owner must be text/],
  ['lock.acquire', { owner: 'n1', ttlMs: 0 }, 'bad_request', /ttlMs must be a whole number/],
  [
    'lock.acquire',
    { owner: 'n1', limit: 2 },
    'bad_request',
    /takes owner, ttlMs, id, timeoutMs, and not 'limit'/,
  ],
  ['lock.renew', {}, 'bad_request', /'token' must be a whole number/],
  ['lock.release', { token: 'x' }, 'bad_request', /'token' must be a whole number/],
  ['lock.sing', {}, 'bad_request', /A lock has no operation 'sing', only acquire, renew, release, read/],
  ['election.sing', {}, 'bad_request', /An election has no operation 'sing'/],
  ['semaphore.acquire', { owner: 'n1' }, 'bad_request', /'limit' is missing/],
  ['semaphore.acquire', { owner: 'n1', permits: 3, limit: 2 }, 'bad_request', /permits must be .* the limit/],
  ['counter.add', { amount: '1' }, 'bad_request', /'amount' must be a number/],
  ['counter.next', { block: 1_000_001 }, 'bad_request', /'block' must be a whole number from 1 to 1000000/],
  ['once.finish', {}, 'bad_request', /'value' is missing/],
  ['once.claim', { owner: 'n1' }, 'bad_key', / has 256 characters/, 'k'.repeat(250)],
  ['once.claim', { owner: 'n1' }, 'bad_key', /missing/, ''],
  ['barrier.arrive', { parties: 2 }, 'bad_request', /'name' must be text/],
  ['barrier.read', {}, 'bad_request', /'parties' must be a whole number/],
];

test('what a recipe does not take is not tried, and named', t => {
  for (const [name, body, code, why, key] of REFUSED) {
    const error = t.throws(() => parsed(name, body, key), { instanceOf: BadRequest }, name);
    t.is(error?.code, code);
    t.regex(error?.message ?? '', why);
  }
});

/** The reply to a recipe, for a state of its register. */
function reply(name: string, body: object, answer: ServiceAnswer): object {
  const { request, key, showing } = parsed(name, body);
  return replyBody({ type: request.operation.type, key, showing }, answer);
}

function done(view: View, duplicate = false): ServiceAnswer {
  return { kind: 'done', view, duplicate };
}

function rejected(view: View): ServiceAnswer {
  return { kind: 'refused', code: 'rejected', why: 'so it is', view };
}

const N1 = { owner: 'n1', token: 4, permits: 1, ttlMs: 5000, untilMs: 1e12 };
const held = (lock: LockValue, version = 4): View => ({ set: true, value: lock, version });
const LOCKED = held({ limit: 1, holders: [N1] });
const UNSET: View = { set: false, value: undefined, version: 0 };
const SHOWN = { held: true, owner: 'n1', token: 4, ttlMs: 5000, untilMs: 1e12, version: 4 };

test('a lock is told of as a lock, and an election as an election', t => {
  const mine = { owner: 'n1' };
  t.deepEqual(reply('lock.acquire', mine, done(LOCKED)), { ok: true, ...SHOWN });
  t.deepEqual(reply('lock.read', {}, done(LOCKED)), { ok: true, ...SHOWN });
  t.deepEqual(reply('lock.read', {}, done(UNSET)), { ok: true, held: false, version: 0 });
  t.deepEqual(reply('lock.release', { token: 4 }, done(held({ limit: 1, holders: [] }, 5))), {
    ok: true,
    held: false,
    version: 5,
  });
  const { held: _, owner, ...rest } = SHOWN;
  t.deepEqual(reply('election.campaign', { name: 'n1' }, done(LOCKED)), { ok: true, leader: owner, ...rest });
  t.deepEqual(reply('election.read', {}, done(UNSET)), { ok: true, leader: null, version: 0 });
});

test('a repetition tells the token, also where it is all that is remembered', t => {
  const forgotten = done({ set: true, value: undefined, version: 4 }, true);
  t.deepEqual(reply('lock.acquire', { owner: 'n1' }, forgotten), {
    ok: true,
    held: true,
    owner: 'n1',
    token: 4,
    version: 4,
    duplicate: true,
  });
  t.deepEqual(reply('lock.renew', { token: 4 }, forgotten), { ok: true, version: 4, duplicate: true });
  t.deepEqual(reply('election.campaign', { name: 'n1' }, forgotten), {
    ok: true,
    leader: 'n1',
    token: 4,
    version: 4,
    duplicate: true,
  });
  t.deepEqual(reply('barrier.arrive', { name: 'n1', parties: 2 }, forgotten), {
    ok: true,
    version: 4,
    duplicate: true,
  });
});

test('that others hold it is a conflict and says who; what waiting does not mend is rejected', t => {
  t.like(reply('lock.acquire', { owner: 'n2' }, rejected(LOCKED)), {
    ok: false,
    error: { code: 'conflict', message: "Cannot get the lock 'k': so it is" },
    ...SHOWN,
  });
  t.like(reply('election.campaign', { name: 'n2' }, rejected(LOCKED)), {
    error: { code: 'conflict' },
    leader: 'n1',
  });
  t.like(reply('once.claim', { owner: 'n2' }, rejected(LOCKED)), {
    error: { code: 'conflict' },
    owner: 'n1',
  });
  t.like(reply('lock.renew', { token: 3 }, rejected(LOCKED)), { error: { code: 'rejected' }, owner: 'n1' });
  const files = held({ limit: 3, holders: [N1, { ...N1, owner: 'n2', token: 3 }] });
  t.like(reply('semaphore.acquire', { owner: 'n3', permits: 2, limit: 3 }, rejected(files)), {
    error: { code: 'conflict' },
    limit: 3,
    holders: [{ owner: 'n1' }, { owner: 'n2' }],
  });
  t.like(reply('semaphore.acquire', { owner: 'n3', limit: 2 }, rejected(files)), {
    error: { code: 'rejected' },
  });
  t.like(reply('lock.acquire', { owner: 'n3' }, rejected(files)), {
    error: { code: 'rejected' },
    value: files.value,
  });
  t.like(reply('lock.acquire', { owner: 'n3' }, rejected({ set: true, value: 7, version: 1 })), {
    error: { code: 'rejected' },
    value: 7,
  });
});

test('semaphores, counters, numbers and barriers are told of as such', t => {
  const files = held({ limit: 3, holders: [N1] });
  const shown = { limit: 3, holders: [N1], version: 4 };
  t.deepEqual(reply('semaphore.acquire', { owner: 'n1', limit: 3 }, done(files)), {
    ok: true,
    ...shown,
    owner: 'n1',
    permits: 1,
    token: 4,
  });
  t.deepEqual(reply('semaphore.read', {}, done(files)), { ok: true, ...shown });
  const sum: View = { set: true, value: 300, version: 3 };
  t.deepEqual(reply('counter.add', {}, done(sum)), { ok: true, value: 300, version: 3 });
  t.deepEqual(reply('counter.read', {}, done(UNSET)), { ok: true, value: 0, version: 0 });
  t.like(reply('counter.next', { block: 100 }, done(sum)), { ok: true, first: 201, last: 300 });
  t.deepEqual(reply('once.read', {}, done(UNSET)), { ok: true, set: false, version: 0 });
  t.like(reply('once.finish', { value: 1 }, { ...rejected(sum), code: 'already_written' } as ServiceAnswer), {
    error: { code: 'already_written' },
    value: 300,
  });
  const two: View = { set: true, value: ['n1', 'n2'], version: 2 };
  t.deepEqual(reply('barrier.read', { parties: 3 }, done(two)), {
    ok: true,
    open: false,
    arrived: 2,
    version: 2,
  });
  t.like(reply('barrier.arrive', { name: 'n2', parties: 2 }, done(two)), { open: true, arrived: 2 });
  t.deepEqual(reply('barrier.read', { parties: 3 }, done(UNSET)), {
    ok: true,
    open: false,
    arrived: 0,
    version: 0,
  });
});

test('a register that is another thing is shown as it is, and not as a lock', t => {
  const other: View = { set: true, value: 'text', version: 2 };
  for (const name of ['lock', 'semaphore', 'election', 'counter']) {
    t.like(reply(`${name}.read`, {}, done(other)), { ok: false, error: { code: 'rejected' }, value: 'text' });
  }
  const wrong = {
    ...rejected({ set: true, value: undefined, version: 1 }),
    code: 'wrong_kind',
  } as ServiceAnswer;
  t.like(reply('lock.acquire', { owner: 'n1' }, wrong), {
    error: { code: 'wrong_kind' },
    set: true,
    version: 1,
  });
});
