// Variables that last for a time: what is told of them is chosen, and nobody sees them again once somebody saw them gone.

import test from 'ava';
import { isCollectible, UNSET_MS } from '../../src/protocol/collected.ts';
import type { Operation } from '../../src/protocol/operation.ts';
import { decodeState } from '../../src/transport/state-codec.ts';
import { casVersion, create, Group, read, set, shown, UNSET_SHOWN, write } from './group.ts';

const ALL = ['a', 'b', 'c'] as const;
const lasting = (value: string, ttlMs: number): Operation => ({ type: 'variable.write', value, ttlMs });

/** p1 has written 'A' for 1000 ms, at time 0. */
function afterWrite() {
  const group = new Group();
  const first = group.proposer('p1');
  first.begin(lasting('A', 1000));
  first.finish(...ALL);
  const second = group.proposer('p2');
  second.ballots.observe(first.ballots.next());
  return { group, first, second };
}

test('a variable is there until its time is over', t => {
  const { second } = afterWrite();
  second.nowMs = 999;
  const [token] = second.begin(read);
  second.finish(...ALL);
  t.deepEqual(second.answer(token), shown('A', 1));
});

test('a read past the time has a round make it unset, and tells no sooner (E1)', t => {
  for (const who of ['first', 'second'] as const) {
    const proposer = afterWrite()[who];
    proposer.nowMs = 1000;
    const [token] = proposer.begin(read);
    for (let rounds = 0; proposer.command.kind !== 'accept'; rounds++) {
      if (rounds > 3) throw new Error('No accept is sent');
      proposer.exchange(...ALL);
    }
    t.is(proposer.answer(token), undefined);
    proposer.exchange('a');
    t.is(proposer.answer(token), undefined);
    proposer.exchange('b');
    t.deepEqual(proposer.answer(token), UNSET_SHOWN);
    t.true(proposer.chosen.includes(2));
  }
});

test('once one proposer saw it gone it is gone for all, whatever their clocks say (E1)', t => {
  const { first, second, group } = afterWrite();
  second.nowMs = 1000;
  second.begin(read);
  second.finish(...ALL);
  first.nowMs = 500;
  const [token] = first.begin(read);
  first.finish(...ALL);
  t.deepEqual(first.answer(token), UNSET_SHOWN);
  const state = decodeState(group.slot('a').value);
  t.like(state, { version: 2, set: false, untilMs: 1000 + UNSET_MS });
  t.true(isCollectible(state, 1000 + UNSET_MS));
});

test('a proposer whose clock is behind shows what another has not made unset yet', t => {
  const { first, second } = afterWrite();
  second.nowMs = 2000;
  first.nowMs = 500;
  const [token] = first.begin(read);
  first.finish(...ALL);
  t.deepEqual(first.answer(token), shown('A', 1));
});

test('past the time it may be created, and a compare-and-set finds it unset', t => {
  const { second } = afterWrite();
  second.nowMs = 5000;
  const [refused] = second.begin(casVersion(1, 'B'));
  second.finish(...ALL);
  t.like(second.answer(refused), { kind: 'refused', code: 'conflict', view: { set: false, version: 0 } });
  const [token] = second.begin(create('C'));
  second.finish(...ALL);
  t.deepEqual(second.answer(token), shown('C', 3));
});

test('a later write lasts for ever unless it says otherwise, and a named change leaves the time as it is', t => {
  const { group, first } = afterWrite();
  const untilMs = () => decodeState(group.slot('a').value).untilMs;
  t.is(untilMs(), 1000);
  first.nowMs = 100;
  first.begin({ type: 'variable.change', change: 'max', args: ['x'] });
  first.finish(...ALL);
  first.begin(lasting('7', 1000));
  first.finish(...ALL);
  t.is(untilMs(), 1100);
  first.begin({ type: 'variable.cas', value: [1], expect: { by: 'value', value: '7' }, ttlMs: 50 });
  first.finish(...ALL);
  t.is(untilMs(), 150);
  first.begin({ type: 'variable.change', change: 'append', args: [2] });
  first.finish(...ALL);
  t.is(untilMs(), 150);
  first.begin(write('D'));
  first.finish(...ALL);
  t.is(untilMs(), undefined);
});

test('the kind stays when its time is over, until it is collected', t => {
  const { second } = afterWrite();
  second.nowMs = 5000;
  const [token] = second.begin(set);
  second.finish(...ALL);
  t.like(second.answer(token), { kind: 'refused', code: 'wrong_kind' });
});

test('what a transaction has under way does not go by itself: its change makes the variable last (T1)', t => {
  const { second } = afterWrite();
  const intent = { id: 't1', primary: 'p', since: 1, next: { value: 'B' } };
  second.begin({ type: 'variable.change', change: 'transaction.prepare', args: [1, intent] });
  second.finish(...ALL);
  second.nowMs = 5000;
  const [token] = second.begin(read);
  second.finish(...ALL);
  t.like(second.answer(token), { kind: 'done', view: { set: true, version: 2 } });
});
