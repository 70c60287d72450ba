// The model of locks, by histories whose verdict is plain.

import test from 'ava';
import { type HistoryEvent, operationsOf, type Shown } from '../../src/history/history.ts';
import { checkLinearizable } from '../../src/history/linearizability.ts';
import { lockModel } from '../../src/history/lock-model.ts';
import { synodModel } from '../../src/history/register-models.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import type { Value } from '../../src/protocol/value.ts';

const MODEL = lockModel(synodModel(BUILT_IN_CHANGES));
const TTL_MS = 100;

function verdictOf(events: readonly HistoryEvent[]): string {
  return checkLinearizable(MODEL, operationsOf(events)).kind;
}

function held(version: number, owner: string, token: number, untilMs: number): Shown {
  const holder = { owner, token, permits: 1, ttlMs: TTL_MS, untilMs };
  return { set: true, version, value: { limit: 1, holders: [holder] } };
}

const common = { key: 'lock', time: 0 } as const;

function asked(process: number, change: string, args: Value[]): HistoryEvent {
  return { ...common, process, type: 'invoke', operation: 'variable.change', change, args };
}

const acquire = (process: number, owner: string): HistoryEvent =>
  asked(process, 'lock.acquire', [owner, { ttlMs: TTL_MS }]);

function answered(process: number, { set, version, value }: Shown, error?: string): HistoryEvent {
  const told = { ...common, process, operation: 'variable.change', set, version, value: value ?? null };
  return error === undefined ? { ...told, type: 'ok' } : { ...told, type: 'fail', error };
}

const GRANTED = [acquire(1, 'ann'), answered(1, held(1, 'ann', 1, 1100))];

test('a lock is granted, renewed, refused to another, and granted when its time is over', t => {
  const events = [
    ...GRANTED,
    asked(1, 'lock.renew', [1]),
    answered(1, held(2, 'ann', 1, 1150)),
    acquire(2, 'bob'),
    answered(2, held(2, 'ann', 1, 1150), 'rejected'),
    acquire(2, 'bob'),
    answered(2, held(3, 'bob', 3, 1250)),
  ];
  t.is(verdictOf(events), 'linearizable');
});

test('a grant before the end of another is none, but for one that nobody was told the end of', t => {
  const early = [acquire(2, 'bob'), answered(2, held(2, 'bob', 2, 1199))];
  t.is(verdictOf([...GRANTED, ...early]), 'not-linearizable');
  t.is(verdictOf([acquire(1, 'ann'), ...early]), 'linearizable');
});

test('a token that is no version, a refusal of a free lock, and what is done with a token that is over are caught', t => {
  t.is(verdictOf([...GRANTED, acquire(2, 'bob'), answered(2, held(2, 'bob', 1, 1250))]), 'not-linearizable');
  t.is(
    verdictOf([acquire(1, 'ann'), answered(1, { set: false, version: 0 }, 'rejected')]),
    'not-linearizable',
  );
  t.is(
    verdictOf([...GRANTED, asked(2, 'lock.renew', [7]), answered(2, held(2, 'ann', 1, 1150))]),
    'not-linearizable',
  );
});
