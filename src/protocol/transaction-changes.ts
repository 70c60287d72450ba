// The changes of transactions over several keys (docs/transactions.md). A transactional variable holds an envelope: the
// value, since which version it is that, and what transactions have under way. One key of a transaction, its primary, decides:
// the transaction is committed when the change `transaction.commit` of the primary is, and it can be only while the primary's
// value is still that of the version which the transaction read. Versions never come back, so what can no longer commit never will.

import { type Change, ChangeRejected } from './change.ts';
import { isPlainObject, type Value } from './value.ts';

/** What a transaction makes of a key: a value, or none. */
export type Next = { readonly value?: Value };

/** That a transaction is about to change a key, or only needs it to stay as it is. Nobody else changes it until then. */
export type Intent = {
  readonly id: string;
  /** The key that decides, and since which version its value must be the same for the transaction to commit. */
  readonly primary: string;
  readonly since: number;
  /** Missing when the key is to stay. */
  readonly next?: Next;
};

/** Of a primary: a transaction that is committed, and the other keys that may still have its intents. */
export type Committed = { readonly id: string; readonly keys: readonly string[] };

/** What a register holds for transactions. */
export interface Held {
  /** The version at which the value became what it is; 0 while it never was anything. */
  readonly since: number;
  readonly value?: Value;
  readonly intent?: Intent;
  readonly committed: readonly Committed[];
}

/** The field that makes a value an envelope. Only these changes make and change one. */
const FIELD = '$transaction';
export const TRANSACTION_KEYS_MAX = 32;
const COMMITTED_MAX = 64;
const ID_CHARACTERS_MAX = 64;

export function isTransactionChange(name: string): boolean {
  return name.startsWith('transaction.');
}

export function isEnvelope(value: unknown): boolean {
  return isPlainObject(value) && Object.hasOwn(value, FIELD);
}

/** @param version that of the register when it had this value; a plain value counts as written then. */
export function heldIn(value: Value | undefined, version: number): Held {
  if (value === undefined) return { since: 0, committed: [] };
  if (!isEnvelope(value)) return { since: version, value, committed: [] };
  const { [FIELD]: inner, value: content } = value as { readonly [field: string]: Value };
  // Whoever wrote this did so before transactions had the field for themselves.
  if (!isPlainObject(inner) || !isVersion(inner.since)) throw new ChangeRejected('It is no envelope');
  const { since, intent, committed = [] } = inner as unknown as Partial<Held> & Pick<Held, 'since'>;
  return { since, committed, ...present({ intent, value: content }) };
}

function present<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== undefined)) as never;
}

function envelope({ since, value, intent, committed }: Held): Value {
  const pending = present({ intent, committed: committed.length === 0 ? undefined : committed });
  return { [FIELD]: { since, ...pending } as unknown as Value, ...present({ value }) };
}

/** Applies `change` to what is held before it. */
function onHeld(change: (held: Held, args: readonly Value[], version: number) => Held): Change {
  return (value, args, { version }) => envelope(change(heldIn(value, version - 1), args, version));
}

/** `[]`: gives what never was anything a version, so that it can be a primary. */
const openChange = onHeld((held, args, version) => {
  if (args.length > 0) throw new ChangeRejected('It takes no argument');
  return held.since === 0 ? { ...held, since: version } : held;
});

/** `[since, intent]`: places the intent, if the value is still that of this version and there is no other intent. */
const prepareChange = onHeld((held, [since, intent, ...more]) => {
  if (!isVersion(since) || !isIntent(intent) || more.length > 0)
    throw new ChangeRejected('It takes a version and an intent');
  checkUnchanged(held, since);
  if (held.intent !== undefined && held.intent.id !== intent.id) throw underWay(held.intent);
  return { ...held, intent };
});

/** `[id, since, next, keys]`, of the primary: the one step at which the whole transaction is committed. */
const commitChange = onHeld((held, [id, since, next, keys, ...more], version) => {
  if (!isId(id) || !isVersion(since) || since === 0 || !isNext(next) || !isKeys(keys) || more.length > 0)
    throw new ChangeRejected('It takes an id, a version, what comes next, and the other keys');
  checkUnchanged(held, since);
  if (held.intent !== undefined) throw underWay(held.intent);
  if (held.committed.length >= COMMITTED_MAX)
    throw new ChangeRejected(`${COMMITTED_MAX} committed transactions are not finished`);
  const others = keys.length === 0 ? held.committed : [...held.committed, { id, keys }];
  return { ...changedTo(held, next, version), committed: others };
});

/** `[id, isCommitted]`: does what the intent is about, or not. Whoever asks knows how the transaction was decided. */
const finishChange = onHeld(({ intent, ...held }, [id, isCommitted, ...more], version) => {
  if (!isId(id) || typeof isCommitted !== 'boolean' || more.length > 0)
    throw new ChangeRejected('It takes an id, and whether it is committed');
  if (intent?.id !== id) throw new ChangeRejected(`There is no intent of transaction '${id}'`);
  return isCommitted && intent.next !== undefined ? changedTo(held, intent.next, version) : held;
});

/** `[id, since]`, of the primary: the transaction can no longer commit. Rejected when that is decided already, either way. */
const fenceChange = onHeld((held, [id, since, ...more], version) => {
  if (!isId(id) || !isVersion(since) || more.length > 0)
    throw new ChangeRejected('It takes an id and a version');
  checkUnchanged(held, since);
  if (since === 0) throw new ChangeRejected('It never was anything');
  return { ...held, since: version };
});

/** `[id]`, of the primary, when no other key has an intent of this committed transaction any more. */
const forgetChange = onHeld((held, [id, ...more]) => {
  if (!isId(id) || more.length > 0) throw new ChangeRejected('It takes an id');
  const left = held.committed.filter(committed => committed.id !== id);
  if (left.length === held.committed.length)
    throw new ChangeRejected(`There is no committed transaction '${id}'`);
  return { ...held, committed: left };
});

export const TRANSACTION_CHANGES: readonly (readonly [string, Change])[] = [
  ['transaction.open', openChange],
  ['transaction.prepare', prepareChange],
  ['transaction.commit', commitChange],
  ['transaction.finish', finishChange],
  ['transaction.fence', fenceChange],
  ['transaction.forget', forgetChange],
];

function changedTo({ value, ...held }: Held, next: Next, version: number): Held {
  return { ...held, since: version, ...present({ value: next.value }) };
}

function checkUnchanged(held: Held, since: number): void {
  if (held.since !== since)
    throw new ChangeRejected(`The value is that of version ${held.since}, not of ${since}`);
}

function underWay({ id }: Intent): ChangeRejected {
  return new ChangeRejected(`Transaction '${id}' is under way`);
}

function isVersion(candidate: unknown): candidate is number {
  return typeof candidate === 'number' && Number.isSafeInteger(candidate) && candidate >= 0;
}

function isId(candidate: unknown): candidate is string {
  return typeof candidate === 'string' && candidate.length >= 1 && candidate.length <= ID_CHARACTERS_MAX;
}

function isKeys(candidate: unknown): candidate is readonly string[] {
  return (
    Array.isArray(candidate) &&
    candidate.length < TRANSACTION_KEYS_MAX &&
    candidate.every(key => typeof key === 'string')
  );
}

function isNext(candidate: unknown): candidate is Next {
  return isPlainObject(candidate) && Object.keys(candidate).every(field => field === 'value');
}

function isIntent(candidate: unknown): candidate is Intent {
  if (!isPlainObject(candidate)) return false;
  const { id, primary, since, next, ...others } = candidate;
  return (
    isId(id) &&
    typeof primary === 'string' &&
    isVersion(since) &&
    since > 0 &&
    (next === undefined || isNext(next)) &&
    Object.keys(others).length === 0
  );
}
