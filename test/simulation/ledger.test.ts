// The judge of transactions must know what is wrong, and let pass what is right.

import test from 'ava';
import { type Account, Ledger, OPENING, type Posted, UNTOUCHED } from './ledger.ts';
import { Violation } from './violation.ts';

type Keys = Readonly<Record<string, Account>>;

function posted(
  id: string,
  [startedAt, endedAt]: readonly [number, number],
  reads: Keys,
  writes: Keys = {},
): Posted {
  const maps = { reads: new Map(Object.entries(reads)), writes: new Map(Object.entries(writes)) };
  return { id, startedAt, endedAt, fate: 'committed', ...maps };
}

const by = (id: string, more: number): Account => ({ balance: OPENING + more, by: id });

function verdict(all: readonly Posted[], end: Keys): string {
  const ledger = new Ledger();
  for (const each of all) ledger.post(each);
  try {
    ledger.judge(new Map(Object.entries(end)));
    return 'serializable';
  } catch (error) {
    if (error instanceof Violation) return error.message;
    throw error;
  }
}

const A_TO_B = posted('t1', [1, 2], { a: UNTOUCHED, b: UNTOUCHED }, { a: by('t1', -1), b: by('t1', 1) });
const AFTER = { a: by('t1', -1), b: by('t1', 1) };

test('what was done one after another is serializable', t => {
  const reader = posted('t2', [3, 4], AFTER);
  t.is(verdict([A_TO_B, reader], AFTER), 'serializable');
});

test('a reader that began before may read what was before, or what came after', t => {
  t.is(verdict([A_TO_B, posted('t2', [0, 4], { a: UNTOUCHED, b: UNTOUCHED })], AFTER), 'serializable');
  t.is(verdict([A_TO_B, posted('t2', [0, 4], AFTER)], AFTER), 'serializable');
});

test('half of a transaction, what is old, and what was never committed are caught', t => {
  t.regex(
    verdict([A_TO_B, posted('t2', [0, 4], { a: AFTER.a, b: UNTOUCHED })], AFTER),
    /t1 → t2 → t1|t2 → t1 → t2/,
  );
  t.regex(verdict([A_TO_B, posted('t2', [3, 4], { a: UNTOUCHED, b: UNTOUCHED })], AFTER), /→/);
  t.regex(
    verdict([posted('t2', [3, 4], { a: by('t1', -1) })], { a: UNTOUCHED, b: UNTOUCHED }),
    /took no effect/,
  );
  t.regex(verdict([A_TO_B], { a: AFTER.a, b: UNTOUCHED }), /1 of its 2 writes/);
  t.regex(verdict([{ ...A_TO_B, fate: 'aborted' }], AFTER), /aborted, and 2 of its 2/);
  t.regex(verdict([{ ...A_TO_B, fate: 'unknown' }], { a: AFTER.a, b: UNTOUCHED }), /unknown, and 1 of its 2/);
});

test('two that read what the other writes, and write what the other read, are caught', t => {
  const one = posted('t1', [1, 9], { a: UNTOUCHED, b: UNTOUCHED }, { a: by('t1', 0) });
  const other = posted('t2', [1, 9], { a: UNTOUCHED, b: UNTOUCHED }, { b: by('t2', 0) });
  t.regex(verdict([one, other], { a: by('t1', 0), b: by('t2', 0) }), /→/);
});

test('an update that is lost is caught', t => {
  const other = posted('t2', [1, 2], { a: UNTOUCHED }, { a: by('t2', 0) });
  t.regex(verdict([A_TO_B, other], AFTER), /0 of its 1 writes/);
});
