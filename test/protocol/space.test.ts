// What a proposer makes of acceptors that have no space for a vote (P2, S4).

import test from 'ava';
import type { Reply } from '../../src/protocol/messages.ts';
import {
  afterFirstWrite,
  create,
  DEADLINE_MS,
  Group,
  KEY,
  type Proposer,
  read,
  shown,
  write,
} from './group.ts';

/** The acceptors answer the command at hand that they have no space for it. */
function fill(proposer: Proposer, ...acceptors: readonly string[]): void {
  const { command } = proposer;
  if (command.kind !== 'prepare' && command.kind !== 'accept')
    throw new Error(`${command.kind} needs no space`);
  const full: Reply = { kind: 'full', key: KEY, phase: command.kind, counter: command.ballot.counter };
  for (const acceptor of acceptors) proposer.receive(acceptor, full);
}

test('receive() answers storage_full, when a quorum has no space and no accept was sent (P2)', t => {
  const proposer = new Group().proposer('p1');
  const [token] = proposer.begin(write('A'));
  fill(proposer, 'a');
  t.is(proposer.answer(token), undefined);
  fill(proposer, 'b');
  t.is(proposer.answer(token)?.kind, 'storage_full');
  t.is(proposer.phase, 'idle');
});

test('receive() answers unknown, when a quorum has no space after an accept was sent (P2)', t => {
  const { first, group } = afterFirstWrite();
  const [token] = first.begin(write('B'));
  const { command: accept } = first;
  fill(first, 'a', 'b');
  t.is(first.phase, 'preparing');
  fill(first, 'a', 'b');
  t.is(first.answer(token)?.kind, 'unknown');
  // A copy of the accept that was under way finds space, and the write is chosen after all.
  for (const acceptor of ['a', 'b']) t.is(group.vote(acceptor, accept).kind, 'accepted');
  const second = group.proposer('p2');
  const [reading] = second.begin(read);
  second.finish('a', 'b');
  t.deepEqual(second.answer(reading), shown('B', 2));
});

test('receive() goes on without the acceptor that has no space, and with its next ballot', t => {
  const proposer = new Group().proposer('p1');
  const [token] = proposer.begin(create('A'));
  fill(proposer, 'c');
  proposer.exchange('a', 'b');
  fill(proposer, 'c');
  proposer.exchange('a', 'b');
  t.deepEqual(proposer.answer(token), shown('A', 1));
  // It has promised nothing above the ballot, so there is nothing to win back by a prepare.
  proposer.begin(write('B'));
  t.is(proposer.command.kind, 'accept');
});

test('receive() counts the vote of an acceptor that has space again', t => {
  const proposer = new Group().proposer('p1');
  const [token] = proposer.begin(create('A'));
  fill(proposer, 'a');
  proposer.exchange('b', 'a');
  fill(proposer, 'b');
  proposer.exchange('b', 'a');
  t.deepEqual(proposer.answer(token), shown('A', 1));
});

test('tick() asks an acceptor again that had no space', t => {
  const proposer = new Group().proposer('p1');
  proposer.begin(create('A'));
  fill(proposer, 'a');
  proposer.wait(DEADLINE_MS / 2);
  t.deepEqual(
    proposer.direct.map(({ acceptor }) => acceptor),
    ['a', 'b', 'c'],
  );
});

test('receive() reads for the reads of a batch, when there is no space for its writes', t => {
  const { first } = afterFirstWrite();
  const proposer = first;
  proposer.instance = { ...proposer.instance, standing: undefined };
  const [writing, reading] = proposer.begin(write('B'), read);
  fill(proposer, 'b', 'c');
  t.is(proposer.answer(writing)?.kind, 'storage_full');
  proposer.finish('a', 'b');
  t.deepEqual(proposer.answer(reading), shown('A', 1));
});

test('receive() counts no lack of space that is about another ballot or phase (P3)', t => {
  const { first } = afterFirstWrite();
  const [token] = first.begin(write('B'));
  for (const acceptor of ['a', 'b']) {
    first.receive(acceptor, { kind: 'full', key: KEY, phase: 'accept', counter: 1 });
    first.receive(acceptor, { kind: 'full', key: KEY, phase: 'prepare', counter: 2 });
  }
  t.is(first.phase, 'accepting');
  first.exchange('a', 'b');
  t.deepEqual(first.answer(token), shown('B', 2));
});
