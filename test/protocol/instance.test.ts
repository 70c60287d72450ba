// The proposer's work on one register, as stories without faults. Conflicts, silence and lost messages are in
// burning.test.ts.

import test from 'ava';
import { COUNTER_MAX } from '../../src/protocol/ballot.ts';
import {
  casVersion,
  create,
  Group,
  KEY,
  read,
  readSwitch,
  remove,
  set,
  shown,
  UNSET_SHOWN,
  write,
} from './group.ts';

test('begin() creates in two round trips: prepare, accept, and only then the answer', t => {
  const proposer = new Group().proposer('p1');
  const [token] = proposer.begin(create('A'));
  t.deepEqual(proposer.command, { kind: 'prepare', key: KEY, ballot: { counter: 1, proposer: 'p1' } });
  proposer.exchange('a', 'b');
  t.is(proposer.command.kind, 'accept');
  t.is(proposer.answer(token), undefined);
  proposer.exchange('b');
  t.is(proposer.answer(token), undefined);
  proposer.exchange('c');
  t.deepEqual(proposer.answer(token), shown('A', 1));
  t.deepEqual(proposer.chosen, [1]);
});

test('begin() makes the second change in one round trip: one accept, no prepare', t => {
  const group = new Group();
  const proposer = group.proposer('p1');
  proposer.begin(write('A'));
  proposer.finish('a', 'b', 'c');
  const [token] = proposer.begin(write('B'));
  const { command } = proposer;
  t.is(command.kind, 'accept');
  t.deepEqual(command.kind === 'accept' && command.ballot, { counter: 2, proposer: 'p1' });
  proposer.exchange('a', 'b');
  t.deepEqual(proposer.answer(token), shown('B', 2));
  t.deepEqual(group.slot('a').promised, { counter: 3, proposer: 'p1' });
});

test('begin() uses the standing ballot once: each accept has a ballot of its own (P1)', t => {
  const proposer = new Group().proposer('p1');
  const counters: number[] = [];
  for (const value of ['A', 'B', 'C', 'D']) {
    proposer.begin(write(value));
    while (proposer.phase !== 'idle') {
      const { command } = proposer;
      if (command.kind === 'accept') counters.push(command.ballot.counter);
      proposer.exchange('a', 'b', 'c');
    }
  }
  t.deepEqual(counters, [1, 2, 3, 4]);
});

test('begin() asks a quorum before it refuses what the standing state refuses (P4)', t => {
  const proposer = new Group().proposer('p1');
  proposer.begin(write('A'));
  proposer.finish('a', 'b', 'c');
  const [token] = proposer.begin(casVersion(7, 'B'));
  t.is(proposer.command.kind, 'read');
  t.is(proposer.answer(token), undefined);
  proposer.exchange('a', 'b');
  const answer = proposer.answer(token);
  t.deepEqual(answer?.kind === 'refused' && answer.view, { set: true, value: 'A', version: 1 });
});

test('begin() applies what the standing state refuses, when another proposer moved on (P4)', t => {
  const group = new Group();
  const [first, second] = [group.proposer('p1'), group.proposer('p2')];
  first.begin(write('A'));
  first.finish('a', 'b', 'c');
  second.ballots.observe({ counter: 5, proposer: 'p1' });
  second.begin(write('B'));
  second.finish('a', 'b', 'c');
  const [token] = first.begin(casVersion(2, 'C'));
  first.finish('a', 'b', 'c');
  t.deepEqual(first.answer(token), shown('C', 3));
});

test('begin() keeps the standing ballot over a refusal and a read, when nobody else came', t => {
  const proposer = new Group().proposer('p1');
  proposer.begin(write('A'));
  proposer.finish('a', 'b', 'c');
  proposer.begin(create('B'));
  proposer.finish('a', 'b', 'c');
  proposer.begin(read);
  proposer.finish('a', 'b', 'c');
  proposer.begin(write('C'));
  t.is(proposer.command.kind, 'accept');
});

test('begin() reads in one round trip and writes nothing, when a quorum agrees', t => {
  const group = new Group();
  const [writer, reader] = [group.proposer('p1'), group.proposer('p2')];
  writer.begin(write('A'));
  writer.finish('a', 'b');
  const before = group.slot('a');
  const [token] = reader.begin(read);
  t.is(reader.command.kind, 'read');
  reader.exchange('a', 'b');
  t.deepEqual(reader.answer(token), shown('A', 1));
  t.is(group.slot('a'), before);
});

test('begin() reads unset from a quorum of empty acceptors', t => {
  const proposer = new Group().proposer('p1');
  const [token] = proposer.begin(read);
  proposer.exchange('b', 'c');
  t.deepEqual(proposer.answer(token), UNSET_SHOWN);
});

test('receive() waits for the third acceptor, when the first two tell a read different things', t => {
  const group = new Group();
  const [writer, reader] = [group.proposer('p1'), group.proposer('p2')];
  writer.begin(write('A'));
  writer.exchange('a', 'b');
  writer.exchange('a');
  const [token] = reader.begin(read);
  reader.exchange('a', 'b');
  t.is(reader.answer(token), undefined);
  reader.exchange('c');
  t.deepEqual(reader.answer(token), UNSET_SHOWN);
});

test('receive() runs an identity round, when all acceptors tell a read different things', t => {
  const group = new Group();
  const [first, second, reader] = [group.proposer('p1'), group.proposer('p2'), group.proposer('p3')];
  first.begin(write('A'));
  first.exchange('a', 'b');
  first.exchange('a');
  second.ballots.observe({ counter: 5, proposer: 'p1' });
  second.begin(write('B'));
  second.exchange('b', 'c');
  second.exchange('b');
  const [token] = reader.begin(read);
  reader.exchange('a', 'b', 'c');
  t.is(reader.command.kind, 'prepare');
  reader.finish('a', 'b', 'c');
  // 'B' has the higher ballot and is chosen by the round of the reader; 'A' never will be.
  t.deepEqual(reader.answer(token), shown('B', 1));
  t.is(group.slot('c').accepted.proposer, 'p3');
});

test('tick() runs an identity round, when two differ and the third stays silent', t => {
  const group = new Group();
  const [writer, reader] = [group.proposer('p1'), group.proposer('p2')];
  writer.begin(write('A'));
  writer.exchange('a', 'b');
  writer.exchange('a');
  const [token] = reader.begin(read);
  reader.exchange('a', 'b');
  reader.wait(19);
  t.is(reader.phase, 'reading');
  reader.wait(1);
  t.is(reader.command.kind, 'prepare');
  // The first ballot meets the promise for the writer's next round; the one after it is above that.
  reader.exchange('a', 'b');
  reader.wait(100);
  reader.finish('a', 'b');
  t.deepEqual(reader.answer(token), shown('A', 1));
});

test('begin() answers a batch from one round, each request from its own place', t => {
  const proposer = new Group().proposer('p1');
  const [first, refused, second, last] = proposer.begin(write('A'), create('B'), write('C'), read);
  proposer.finish('a', 'b', 'c');
  t.deepEqual(proposer.answer(first), shown('A', 1));
  t.is(proposer.answer(refused)?.kind, 'refused');
  t.deepEqual(proposer.answer(second), shown('C', 2));
  t.deepEqual(proposer.answer(last), shown('C', 2));
  t.deepEqual(proposer.chosen, [2]);
});

test('begin() reads from memory without a message, once a switch is known to be set', t => {
  const proposer = new Group().proposer('p1');
  proposer.begin(set);
  proposer.finish('a', 'b', 'c');
  const [again, reading] = proposer.begin(set, readSwitch);
  t.deepEqual(proposer.broadcast, []);
  t.is(proposer.phase, 'idle');
  const refusal = proposer.answer(again);
  t.is(refusal?.kind === 'refused' && refusal.code, 'already_written');
  const answer = proposer.answer(reading);
  t.deepEqual(answer?.kind === 'done' && answer.view, { set: true, value: undefined, version: 1 });
});

test('begin() asks again and again, while a switch is not set', t => {
  const proposer = new Group().proposer('p1');
  proposer.begin(readSwitch);
  proposer.finish('a', 'b');
  proposer.begin(readSwitch);
  t.is(proposer.command.kind, 'read');
});

test('begin() goes on counting, when a variable is deleted and created anew', t => {
  const proposer = new Group().proposer('p1');
  for (const operation of [write('A'), remove]) {
    proposer.begin(operation);
    proposer.finish('a', 'b', 'c');
  }
  const [token] = proposer.begin(create('B'));
  proposer.finish('a', 'b', 'c');
  t.deepEqual(proposer.answer(token), shown('B', 3));
});

test('begin() answers a retry at another proposer with the first outcome (R1)', t => {
  const group = new Group();
  const [first, second] = [group.proposer('p1'), group.proposer('p2')];
  first.beginRequests({ operation: create('A'), id: 'x' });
  first.finish('a', 'b', 'c');
  second.ballots.observe({ counter: 9, proposer: 'p1' });
  const [token] = second.beginRequests({ operation: create('A'), id: 'x' });
  second.finish('a', 'b', 'c');
  t.deepEqual(second.answer(token), { ...shown('A', 1), duplicate: true });
});

test('receive() does not lift its counter to one that no proposer can have reached', t => {
  const proposer = new Group().proposer('p1');
  proposer.begin(write('A'));
  const seen = { counter: COUNTER_MAX, proposer: 'p2' };
  proposer.receive('a', { kind: 'conflict', key: KEY, phase: 'prepare', counter: 1, seen });
  proposer.receive('b', { kind: 'conflict', key: KEY, phase: 'prepare', counter: 1, seen });
  t.is(proposer.phase, 'preparing');
  t.is(proposer.ballots.counter, 1);
});
