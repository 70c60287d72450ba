// What a transaction asks of registers, step by step, as generators: whoever runs them asks, waits and knows the time, be it
// the client (transaction.ts) or the simulator. Why it is right: docs/transactions.md.

import {
  type Committed,
  type Held,
  heldIn,
  type Intent,
  type Next,
} from '../../protocol/transaction-changes.ts';
import type { Value } from '../../protocol/value.ts';
import type { State } from '../state.ts';

/** One request to a variable. */
export interface Ask {
  readonly key: string;
  /** Undefined for a read. */
  readonly change: string | undefined;
  readonly args: readonly Value[];
}

/** `rejected` and `failed`: definitely not applied. */
export type Told =
  | { readonly kind: 'done' | 'rejected'; readonly state: State<unknown> }
  | { readonly kind: 'failed' | 'unknown'; readonly error: unknown };

/** Asks all of these at once, and goes on when all are answered. */
export type Steps<Result> = Generator<readonly Ask[], Result, readonly Told[]>;

export interface Transaction {
  /** Never the same for two attempts, anywhere. */
  readonly id: string;
  /** What `look` gave. */
  readonly reads: ReadonlyMap<string, Held>;
  readonly writes: ReadonlyMap<string, Next>;
}

/** A conflict: definitely not applied, because of that key. */
export type Outcome =
  | { readonly kind: 'committed'; readonly primary: string; readonly others: readonly string[] }
  | { readonly kind: 'conflict'; readonly key: string };

/** From so many on, whoever uses a primary next finishes what its transactions have left over. */
const LEFT_OVER_MAX = 8;

/** The value of a key, without waiting: while a transaction is undecided, it is the one before. What is decided is finished. */
export function* look(key: string): Steps<Held> {
  for (;;) {
    const held = heldBy(yield* readAll([key]));
    if (held.intent === undefined) return held;
    const fate = yield* fateOf(held.intent);
    if (fate === 'undecided') return held;
    yield [finishOf(key, held.intent.id, fate === 'committed')];
  }
}

/**
 * Finishes what is decided at this key. @param overdue the transaction that is to be ended if it is undecided still, by taking from it
 * the chance to commit. @returns the undecided one that is in the way, if there is one.
 */
export function* clear(key: string, overdue: string | undefined): Steps<string | undefined> {
  const { intent } = yield* look(key);
  if (intent === undefined || intent.id !== overdue) return intent?.id;
  yield [change(intent.primary, 'fence', [intent.id, intent.since])];
  return (yield* look(key)).intent?.id;
}

/** @throws the error of an answer: `unknown` where that of the whole transaction is, and else nothing was applied. */
export function* commit(transaction: Transaction): Steps<Outcome> {
  const { id, reads, writes } = transaction;
  if (writes.size === 0) return yield* validate(reads);
  const seen = new Map(reads);
  const unread = [...writes.keys()].filter(key => !seen.has(key));
  for (const [i, state] of (yield* readAll(unread)).entries()) seen.set(unread[i] ?? '', heldBy([state]));
  // Another one is about to change it, and most likely has by now.
  const [busy] = [...seen].filter(([, { intent }]) => intent !== undefined);
  if (busy !== undefined) return { kind: 'conflict', key: busy[0] };
  const primary = yield* primaryOf(transaction, seen);
  if ('kind' in primary) return primary;
  const { key, since } = primary;
  yield* tidy(key, seen.get(key)?.committed ?? []);
  const others = [...seen].filter(([other]) => other !== key);
  const prepares = others.map(([other, read]) => {
    const next = writes.get(other);
    const intent: Intent = { id, primary: key, since, ...(next === undefined ? {} : { next }) };
    return change(other, 'prepare', [read.since, intent as unknown as Value]);
  });
  const prepared = prepares.length === 0 ? [] : yield prepares;
  const refused = prepared.findIndex(({ kind }) => kind !== 'done');
  if (refused >= 0) {
    // Nobody was asked to commit, so nobody ever will.
    yield* finishAll(id, false, prepares.filter((_, i) => prepared[i]?.kind !== 'rejected').map(keyOf));
    const failed = prepared.find(({ kind }) => kind === 'failed');
    return conflictOf(prepares[refused]?.key ?? key, failed);
  }
  const keys = others.map(([other]) => other);
  const [told] = yield [change(key, 'commit', [id, since, (writes.get(key) ?? {}) as Value, keys])];
  if (told?.kind === 'done') return { kind: 'committed', primary: key, others: keys };
  if (told?.kind === 'unknown') {
    const [found] = yield [{ key, change: undefined, args: [] }];
    if (found?.kind !== 'done' || !isCommitted(heldBy([found.state]), id)) throw told.error;
    return { kind: 'committed', primary: key, others: keys };
  }
  if (keys.length > 0) {
    const held = yield* fenced(key, { id, since }, told);
    if (held !== undefined && isCommitted(held, id)) return { kind: 'committed', primary: key, others: keys };
    if (held !== undefined) yield* finishAll(id, false, keys);
  }
  return conflictOf(key, told);
}

/**
 * Makes sure that a transaction whose commit was refused never commits: it may have been for what passes, such as the intent of another,
 * and a copy of the request may still be on its way. @returns what the primary holds then; undefined where nobody can
 * tell, and the intents stay for others to end.
 */
function* fenced(
  key: string,
  { id, since }: { readonly id: string; readonly since: number },
  refused: Told | undefined,
): Steps<Held | undefined> {
  const held = refused?.kind === 'rejected' ? heldBy([refused.state]) : undefined;
  if (held !== undefined && held.since !== since) return held;
  const [told] = yield [change(key, 'fence', [id, since])];
  return told === undefined || isError(told) ? undefined : heldBy([told.state]);
}

/** What is left to do once it is committed, and what anybody else does if this is never done. */
export function* finish(id: string, primary: string, others: readonly string[]): Steps<void> {
  if (others.length === 0) return;
  const isFinished = yield* finishAll(id, true, others);
  if (isFinished) yield [change(primary, 'forget', [id])];
}

/** Without writing: there was one moment between the two times of reading at which all of this was so. */
function* validate(reads: Transaction['reads']): Steps<Outcome> {
  const keys = [...reads.keys()];
  if (keys.length > 1) {
    const states = yield* readAll(keys);
    for (const [i, [key, read]] of [...reads].entries()) {
      const held = heldBy(states.slice(i, i + 1));
      if (held.since !== read.since) return { kind: 'conflict', key };
      if (held.intent !== undefined && (yield* fateOf(held.intent)) !== 'undecided')
        return { kind: 'conflict', key };
    }
  }
  return { kind: 'committed', primary: keys[0] ?? '', others: [] };
}

/** The first of the keys that are written and were something before, or else the first, which is then given a version. */
function* primaryOf(
  { writes }: Transaction,
  seen: ReadonlyMap<string, Held>,
): Steps<{ readonly key: string; readonly since: number } | Extract<Outcome, { kind: 'conflict' }>> {
  const written = [...writes.keys()].sort().map(key => ({ key, since: seen.get(key)?.since ?? 0 }));
  const first = written.find(({ since }) => since > 0) ?? written[0];
  if (first === undefined) throw new RangeError('A transaction that writes nothing has no primary');
  const { key } = first;
  if (first.since > 0) return first;
  const [told] = yield [change(key, 'open', [])];
  if (told?.kind === 'failed') throw told.error;
  const held = told?.kind === 'done' ? heldBy([told.state]) : undefined;
  // It was nothing when it was read, and was nothing until now.
  const isFresh = told?.kind === 'done' && held?.since === told.state.version && held.value === undefined;
  return isFresh ? { key, since: held.since } : { kind: 'conflict', key };
}

/** What became of the transaction of an intent, by what its primary says. */
function* fateOf({ id, primary, since }: Intent): Steps<'committed' | 'undecided' | 'dead'> {
  const held = heldBy(yield* readAll([primary]));
  if (isCommitted(held, id)) return 'committed';
  // Or committed, finished and forgotten: then there is no such intent any more, and to finish it does nothing.
  return held.since === since ? 'undecided' : 'dead';
}

/** @returns whether none of them has an intent of this transaction any more. */
function* finishAll(id: string, committed: boolean, keys: readonly string[]): Steps<boolean> {
  if (keys.length === 0) return true;
  const told = yield keys.map(key => finishOf(key, id, committed));
  return told.every(({ kind }) => kind === 'done' || kind === 'rejected');
}

/** Finishes what earlier transactions have left over at their primary. */
export function* tidy(key: string, committed: readonly Committed[]): Steps<void> {
  if (committed.length < LEFT_OVER_MAX) return;
  for (const { id, keys } of committed) yield* finish(id, key, keys);
}

function isCommitted({ committed }: Held, id: string): boolean {
  return committed.some(other => other.id === id);
}

/** @throws the error of one that could not be read */
function* readAll(keys: readonly string[]): Steps<readonly State<unknown>[]> {
  if (keys.length === 0) return [];
  const told = yield keys.map(key => ({ key, change: undefined, args: [] }));
  return told.map(each => {
    if (isError(each)) throw each.error;
    return each.state;
  });
}

function heldBy([state]: readonly State<unknown>[]): Held {
  return heldIn(state?.value as Value | undefined, state?.version ?? 0);
}

function finishOf(key: string, id: string, committed: boolean): Ask {
  return change(key, 'finish', [id, committed]);
}

function change(key: string, name: string, args: readonly Value[]): Ask {
  return { key, change: `transaction.${name}`, args };
}

function keyOf({ key }: Ask): string {
  return key;
}

function isError(told: Told): told is Extract<Told, { error: unknown }> {
  return told.kind === 'failed' || told.kind === 'unknown';
}

function conflictOf(key: string, told: Told | undefined): Outcome {
  if (told !== undefined && isError(told)) throw told.error;
  return { kind: 'conflict', key };
}
