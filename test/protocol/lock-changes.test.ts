// The changes of locks: who is granted, what a token is, and that clocks decide nothing else.

import test from 'ava';
import fc from 'fast-check';
import { BUILT_IN_CHANGES, ChangeRejected } from '../../src/protocol/changes.ts';
import { type LockValue, lockIn } from '../../src/protocol/lock-changes.ts';
import { checkValue, type Value } from '../../src/protocol/value.ts';
import { randomRuns } from '../history/random-runs.ts';

/** One lock as a register keeps it: every change that is applied is one more version. */
class Lock {
  value: Value | undefined;
  version = 0;

  do(change: string, args: readonly Value[], nowMs = 0): LockValue {
    const apply = BUILT_IN_CHANGES.get(`lock.${change}`);
    if (apply === undefined) throw new Error(`There is no lock.${change}`);
    const next = apply(this.value, args, { nowMs, version: this.version + 1 });
    if (checkValue(next).kind !== 'value') throw new Error('The result is no value');
    this.value = next;
    this.version += 1;
    const lock = lockIn(next);
    if (lock === undefined) throw new Error('The result is no lock');
    return lock;
  }

  refusal(change: string, args: readonly Value[], nowMs = 0): string {
    const before = JSON.stringify(this.value);
    try {
      this.do(change, args, nowMs);
    } catch (error) {
      if (!(error instanceof ChangeRejected)) throw error;
      return JSON.stringify(this.value) === before ? error.message : 'it changed the value';
    }
    return '';
  }
}

const TTL = { ttlMs: 1000 };

test('a free lock is granted, with the version as its token', t => {
  const lock = new Lock();
  const holder = { owner: 'ann', token: 1, permits: 1, ttlMs: 1000, untilMs: 6000 };
  t.deepEqual(lock.do('acquire', ['ann', TTL], 5000), { limit: 1, holders: [holder] });
});

test('a held lock is refused to others until its time is over, and says who has it', t => {
  const lock = new Lock();
  lock.do('acquire', ['ann', TTL], 5000);
  t.is(
    lock.refusal('acquire', ['bob', TTL], 5999.5),
    "It is held by 'ann' (token 1), for 1 ms unless it is renewed",
  );
  t.like(lock.do('acquire', ['bob', TTL], 6000).holders, [{ owner: 'bob', token: 2 }]);
  t.is(lock.refusal('renew', [1], 6000), 'The grant with token 1 is over');
  t.is(lock.refusal('release', [1], 6000), 'The grant with token 1 is over');
});

test('a lock without a time is held until it is released', t => {
  const lock = new Lock();
  lock.do('acquire', ['ann'], 0);
  t.regex(lock.refusal('acquire', ['bob'], 1e15), /until it is released/);
  t.deepEqual(lock.do('renew', [1]).holders[0]?.untilMs, null);
  t.deepEqual(lock.do('release', [1]).holders, []);
  t.like(lock.do('acquire', ['bob']).holders, [{ owner: 'bob', token: 4 }]);
});

test('a renewal lengthens the time, keeps the token, and never shortens it under a clock that is behind', t => {
  const lock = new Lock();
  lock.do('acquire', ['ann', TTL], 5000);
  t.like(lock.do('renew', [1], 5500).holders, [{ token: 1, untilMs: 6500 }]);
  t.like(lock.do('renew', [1], 100).holders, [{ token: 1, untilMs: 6500 }]);
  t.like(
    lock.do('renew', [1], 9000).holders,
    [{ token: 1, untilMs: 10_000 }],
    'late, and nobody else was granted',
  );
});

test('the same owner is granted at once, with a new token, and the old one is over', t => {
  const lock = new Lock();
  lock.do('acquire', ['ann', TTL], 0);
  t.like(lock.do('acquire', ['ann', TTL], 1).holders, [{ owner: 'ann', token: 2 }]);
  t.regex(lock.refusal('renew', [1], 1), /is over/);
});

test('permits: readers take one each, a writer all, and nobody more than there are', t => {
  const lock = new Lock();
  const reader = { ...TTL, permits: 1, limit: 2 };
  const writer = { ...TTL, permits: 2, limit: 2 };
  lock.do('acquire', ['r1', reader]);
  lock.do('acquire', ['r2', reader]);
  t.regex(lock.refusal('acquire', ['r3', reader]), /held by 'r1' \(token 1\) and 1 more/);
  t.regex(lock.refusal('acquire', ['w', writer]), /held by/);
  lock.do('release', [1]);
  t.regex(lock.refusal('acquire', ['w', writer]), /held by 'r2'/);
  t.is(lock.refusal('acquire', ['r3', { limit: 3 }]), 'It has 2 permits and not 3 while somebody holds it');
  lock.do('release', [2]);
  t.like(lock.do('acquire', ['w', writer]).holders, [{ owner: 'w', permits: 2 }]);
  t.regex(lock.refusal('acquire', ['r1', reader]), /held by 'w'/);
});

/** Change, arguments, what the refusal says; of a lock that ann holds with token 1. */
const REFUSALS: readonly (readonly [string, readonly Value[], RegExp])[] = [
  ['acquire', [], /owner must be text of 1 to 128/],
  ['acquire', [''], /owner must be/],
  ['acquire', [7], /owner must be/],
  ['acquire', ['x'.repeat(129)], /owner must be/],
  ['acquire', ['b', 1], /an object with ttlMs, permits and limit/],
  ['acquire', ['b', {}, 1], /an object with/],
  ['acquire', ['b', { ttl: 1 }], /and not 'ttl'/],
  ['acquire', ['b', { ttlMs: 0 }], /ttlMs must be a whole number from 1 to 86400000, or null/],
  ['acquire', ['b', { ttlMs: 86_400_001 }], /ttlMs must be/],
  ['acquire', ['b', { ttlMs: '5' }], /ttlMs must be/],
  ['acquire', ['b', { limit: 1001 }], /limit must be a whole number from 1 to 1000/],
  ['acquire', ['b', { limit: 2.5 }], /limit must be/],
  ['acquire', ['b', { permits: 2 }], /permits must be a whole number from 1 to the limit, which is 1/],
  ['acquire', ['b', { permits: 0 }], /permits must be/],
  ['renew', [], /takes the token/],
  ['renew', ['1'], /takes the token/],
  ['renew', [1, 2], /takes the token/],
  ['renew', [2], /token 2 is over/],
  ['release', ['ann'], /takes the token/],
];

for (const [change, args, why] of REFUSALS) {
  test(`lock.${change} refuses ${JSON.stringify(args).slice(0, 60)}`, t => {
    const lock = new Lock();
    lock.do('acquire', ['ann', TTL]);
    t.regex(lock.refusal(change, args), why);
  });
}

test('what is no lock is left alone', t => {
  const good = new Lock().do('acquire', ['ann', TTL]);
  for (const value of [
    1,
    [],
    {},
    { ...good, more: 1 },
    { ...good, limit: 0 },
    { limit: 1, holders: [{ ...good.holders[0], token: 0 }] },
    { limit: 1, holders: [{ ...good.holders[0], untilMs: null }] },
    { limit: 1, holders: ['ann'] },
  ] as unknown as readonly Value[]) {
    const lock = new Lock();
    lock.value = value;
    t.is(lock.refusal('acquire', ['bob']), 'The value is no lock', JSON.stringify(value));
  }
});

test('whatever the clocks say, tokens of grants only grow, permits suffice, and a token that is gone stays so', t => {
  const step = fc.record({
    change: fc.constantFrom('acquire', 'acquire', 'renew', 'release'),
    owner: fc.constantFrom('ann', 'bob', 'eve'),
    token: fc.nat(12),
    permits: fc.integer({ min: 1, max: 3 }),
    ttlMs: fc.option(fc.integer({ min: 1, max: 50 }), { nil: null }),
    nowMs: fc.nat(100),
  });
  let granted = 0;
  const property = fc.property(fc.array(step, { maxLength: 12 }), steps => {
    const lock = new Lock();
    const gone = new Set<number>();
    let lastToken = 0;
    for (const { change, owner, token, permits, ttlMs, nowMs } of steps) {
      const before = lockIn(lock.value)?.holders ?? [];
      const args: readonly Value[] = change === 'acquire' ? [owner, { ttlMs, permits, limit: 3 }] : [token];
      if (lock.refusal(change, args, nowMs) !== '') continue;
      const after = lockIn(lock.value)?.holders ?? [];
      for (const holder of before)
        if (!after.some(other => other.token === holder.token)) gone.add(holder.token);
      if (after.reduce((sum, holder) => sum + holder.permits, 0) > 3) return false;
      if (after.some(holder => gone.has(holder.token))) return false;
      if (change !== 'acquire') continue;
      granted += 1;
      const newest = after.at(-1)?.token ?? 0;
      if (newest <= lastToken) return false;
      lastToken = newest;
    }
    return true;
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 2000)));
  t.true(granted > 2000, `Only ${granted} grants`);
});
