// Which replies count and which do not (P3).

import test from 'ava';
import type { Reply } from '../../src/protocol/messages.ts';
import {
  accepted,
  afterFirstWrite,
  conflict,
  DEADLINE_MS,
  Group,
  KEY,
  type Proposer,
  read,
  shown,
  write,
} from './group.ts';

function unchanged(proposer: Proposer, acceptor: string, reply: Reply): boolean {
  const before = proposer.instance;
  proposer.receive(acceptor, reply);
  return proposer.instance === before;
}

test('receive() ignores replies to other rounds, other phases and reads (P3)', t => {
  const { first } = afterFirstWrite();
  t.true(unchanged(first, 'a', accepted(1)));
  first.begin(write('B'));
  const found = { accepted: { counter: 9, proposer: 'p9' }, value: new Uint8Array(1) };
  t.true(unchanged(first, 'a', accepted(1)));
  t.true(unchanged(first, 'a', accepted(3)));
  t.true(unchanged(first, 'a', conflict(1, 'accept')));
  t.true(unchanged(first, 'a', conflict(2, 'prepare')));
  t.true(unchanged(first, 'a', { kind: 'promised', key: KEY, counter: 2, ...found }));
  t.true(unchanged(first, 'a', { kind: 'report', key: KEY, serial: 2, ...found }));
  t.is(first.ballots.counter, 3);
});

test('receive() ignores a report of an earlier read (P3)', t => {
  const proposer = new Group().proposer('p1');
  proposer.begin(read);
  const { command } = proposer;
  proposer.wait(DEADLINE_MS);
  proposer.begin(read);
  const reply = new Group().vote('a', command);
  t.true(unchanged(proposer, 'a', reply));
});

test('receive() ignores acceptors that are no members (P3)', t => {
  const { first } = afterFirstWrite();
  first.begin(write('B'));
  t.true(unchanged(first, 'd', accepted(2)));
  t.true(unchanged(first, '', accepted(2)));
});

test('receive() counts a reply that comes twice once (P3)', t => {
  const { first } = afterFirstWrite();
  const [token] = first.begin(write('B'));
  for (let times = 0; times < 3; times++) first.receive('a', accepted(2));
  t.is(first.answer(token), undefined);
  first.receive('b', accepted(2));
  t.deepEqual(first.answer(token), shown('B', 2));
});

test('receive() needs three of five, whichever they are', t => {
  const proposer = new Group('a', 'b', 'c', 'd', 'e').proposer('p1');
  const [token] = proposer.begin(write('A'));
  proposer.exchange('a', 'b');
  t.is(proposer.command.kind, 'prepare');
  proposer.exchange('e');
  proposer.exchange('c', 'd');
  t.is(proposer.answer(token), undefined);
  proposer.exchange('b');
  t.deepEqual(proposer.answer(token), shown('A', 1));
});
