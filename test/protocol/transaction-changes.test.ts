// The changes of transactions, each alone: what it takes, and what it refuses.

import test from 'ava';
import { BUILT_IN_CHANGES, ChangeRejected } from '../../src/protocol/changes.ts';
import { type Held, heldIn } from '../../src/protocol/transaction-changes.ts';
import type { Value } from '../../src/protocol/value.ts';

class Variable {
  value: Value | undefined;
  version = 0;

  do(change: string, ...args: readonly Value[]): Held {
    const apply = BUILT_IN_CHANGES.get(`transaction.${change}`);
    if (apply === undefined) throw new Error(`There is no transaction.${change}`);
    this.value = apply(this.value, args, { nowMs: 0, version: this.version + 1 });
    this.version += 1;
    return this.held;
  }

  get held(): Held {
    return heldIn(this.value, this.version);
  }

  refusal(change: string, ...args: readonly Value[]): string {
    try {
      this.do(change, ...args);
    } catch (error) {
      if (error instanceof ChangeRejected) return error.message;
      throw error;
    }
    return '';
  }
}

function plain(value: Value, version: number): Variable {
  return Object.assign(new Variable(), { value, version });
}

const INTENT = { id: 't1', primary: 'p', since: 3, next: { value: 8 } };

test('prepare takes a plain value over, as one of the version that it was written with', t => {
  const variable = plain(5, 4);
  t.deepEqual(variable.do('prepare', 4, INTENT), { since: 4, value: 5, intent: INTENT, committed: [] });
  t.deepEqual(variable.do('finish', 't1', true), { since: 6, value: 8, committed: [] });
});

test('what is dropped leaves value and version as they were', t => {
  const variable = plain(5, 4);
  variable.do('prepare', 4, INTENT);
  t.deepEqual(variable.do('finish', 't1', false), { since: 4, value: 5, committed: [] });
  t.regex(variable.refusal('finish', 't1', true), /no intent of transaction 't1'/);
  t.deepEqual(variable.held.value, 5);
});

test('an intent without a next value holds the key, and changes nothing when it is committed', t => {
  const variable = plain(5, 4);
  variable.do('prepare', 4, { id: 't1', primary: 'p', since: 3 });
  t.regex(variable.refusal('prepare', 4, { ...INTENT, id: 't2' }), /'t1' is under way/);
  t.deepEqual(variable.do('finish', 't1', true), { since: 4, value: 5, committed: [] });
});

test('prepare and commit are refused when the value is another, or of another transaction', t => {
  const variable = plain(5, 4);
  t.regex(variable.refusal('prepare', 3, INTENT), /of version 4, not of 3/);
  t.regex(variable.refusal('commit', 't2', 3, { value: 1 }, []), /of version 4, not of 3/);
  variable.do('prepare', 4, INTENT);
  t.regex(variable.refusal('commit', 't2', 4, { value: 1 }, []), /'t1' is under way/);
});

test('commit sets the value and remembers what is not finished, until it is forgotten', t => {
  const variable = plain(5, 4);
  const committed = [{ id: 't1', keys: ['a', 'b'] }];
  t.deepEqual(variable.do('commit', 't1', 4, { value: 6 }, ['a', 'b']), { since: 5, value: 6, committed });
  t.deepEqual(variable.do('commit', 't2', 5, {}, []), { since: 6, committed });
  t.deepEqual(variable.do('forget', 't1'), { since: 6, committed: [] });
  t.regex(variable.refusal('forget', 't1'), /no committed transaction 't1'/);
});

test('a fence keeps the value and takes the chance to commit, for ever', t => {
  const variable = plain(5, 4);
  t.deepEqual(variable.do('fence', 't1', 4), { since: 5, value: 5, committed: [] });
  t.regex(variable.refusal('commit', 't1', 4, {}, []), /of version 5, not of 4/);
  t.regex(variable.refusal('fence', 't1', 4), /of version 5, not of 4/);
});

test('what never was anything has no version to be decided by until it is opened', t => {
  const variable = new Variable();
  t.regex(variable.refusal('commit', 't1', 0, { value: 1 }, []), /It takes an id/);
  t.regex(variable.refusal('fence', 't1', 0), /never was anything/);
  variable.do('prepare', 0, INTENT);
  t.deepEqual(variable.do('finish', 't1', false), { since: 0, committed: [] });
  t.deepEqual(variable.do('open'), { since: 3, committed: [] });
  t.deepEqual(variable.do('open'), { since: 3, committed: [] }, 'once');
});

test('wrong arguments are rejected with what it takes', t => {
  const variable = plain(5, 4);
  t.regex(variable.refusal('prepare', 4, { ...INTENT, since: 0 }), /a version and an intent/);
  t.regex(variable.refusal('prepare', 4, { ...INTENT, more: 1 }), /a version and an intent/);
  t.regex(variable.refusal('prepare', -1, INTENT), /a version and an intent/);
  t.regex(variable.refusal('commit', 't1', 4, { other: 1 }, []), /It takes an id/);
  t.regex(variable.refusal('commit', '', 4, {}, []), /It takes an id/);
  t.regex(variable.refusal('finish', 't1', 1), /whether it is committed/);
  t.regex(variable.refusal('open', 1), /no argument/);
  t.regex(plain({ $transaction: 1 }, 1).refusal('open'), /no envelope/);
});
