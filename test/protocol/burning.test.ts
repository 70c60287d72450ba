// What a proposer makes of conflicts and silence: which rounds are burnt, and what is definite and what
// unknown (P1, P2, R2).

import test from 'ava';
import { ROUND_MARKS_MAX } from '../../src/protocol/lineage.ts';
import { afterFirstWrite, conflict, create, DEADLINE_MS, Group, KEY, read, shown, write } from './group.ts';

test('tick() answers no_quorum, when the deadline comes before any accept was sent (P2)', t => {
  const proposer = new Group().proposer('p1');
  const [token] = proposer.begin(write('A'));
  proposer.exchange('a');
  proposer.wait(DEADLINE_MS - 1);
  t.is(proposer.answer(token), undefined);
  proposer.wait(1);
  t.is(proposer.answer(token)?.kind, 'no_quorum');
  t.is(proposer.phase, 'idle');
});

test('tick() answers unknown, when the deadline comes after an accept was sent (P2)', t => {
  const proposer = new Group().proposer('p1');
  const [token] = proposer.begin(write('A'));
  proposer.exchange('a', 'b');
  proposer.exchange('a');
  proposer.wait(DEADLINE_MS);
  t.is(proposer.answer(token)?.kind, 'unknown');
});

test('tick() answers unknown, when the deadline comes in the prepare after a lost accept (P2)', t => {
  const { first, second } = afterFirstWrite();
  const [token] = first.begin(write('B'));
  second.begin(write('C'));
  second.exchange('a', 'b', 'c');
  first.exchange('a', 'b');
  t.is(first.phase, 'preparing');
  first.wait(DEADLINE_MS);
  t.is(first.answer(token)?.kind, 'unknown');
});

test('tick() answers no_quorum to a read at its deadline', t => {
  const proposer = new Group().proposer('p1');
  const [token] = proposer.begin(read);
  proposer.exchange('a');
  proposer.wait(DEADLINE_MS);
  t.is(proposer.answer(token)?.kind, 'no_quorum');
});

test('tick() ends the requests of a batch at their own deadlines', t => {
  const proposer = new Group().proposer('p1');
  const [hasty, patient] = proposer.beginRequests(
    { operation: write('A'), id: undefined, deadlineMs: 100 },
    { operation: write('B'), id: undefined, deadlineMs: 1_000 },
  );
  proposer.wait(100);
  t.is(proposer.answer(hasty)?.kind, 'no_quorum');
  proposer.exchange('a', 'b');
  proposer.exchange('a', 'b');
  // What was given up before the accept is not in it.
  t.deepEqual(proposer.answer(patient), shown('B', 1));
});

test('tick() burns the ballot of a round that was given up: the next one prepares (P1)', t => {
  const { first } = afterFirstWrite();
  first.begin(write('B'));
  first.exchange('a');
  first.wait(DEADLINE_MS);
  first.begin(write('C'));
  const { command } = first;
  t.is(command.kind, 'prepare');
  t.true(command.kind === 'prepare' && command.ballot.counter > 2);
});

test('begin() never loses an acknowledged write to a value that timed out before (P1)', t => {
  // The story of the best known implementation: 'B' reaches one acceptor and times out; 'C' is acknowledged
  // by the other two; a reader of the first and the second must not find 'B'.
  const { group, first } = afterFirstWrite();
  first.begin(write('B'));
  const burnt = first.command;
  group.vote('a', burnt);
  first.wait(DEADLINE_MS);
  const [token] = first.begin(write('C'));
  first.finish('b', 'c');
  t.deepEqual(first.answer(token), shown('C', 2));
  group.vote('a', burnt);
  const reader = group.proposer('p2');
  const [reading] = reader.begin(read);
  reader.exchange('a', 'b');
  reader.exchange('c');
  t.deepEqual(reader.answer(reading), shown('C', 2));
});

test('begin() builds on a value that timed out, when phase 1 finds it', t => {
  const { first } = afterFirstWrite();
  first.begin(write('B'));
  first.exchange('a');
  first.wait(DEADLINE_MS);
  const [token] = first.begin(create('C'));
  first.exchange('a', 'b');
  first.finish('a', 'b');
  const answer = first.answer(token);
  t.deepEqual(answer?.kind === 'refused' && answer.view, { set: true, value: 'B', version: 2 });
});

/** p1's write of 'B' is overtaken by p2's prepare, which `found` answered, after 'a' accepted it. */
function overtaken(...found: readonly [string, string]) {
  const story = afterFirstWrite();
  const { group, first, second } = story;
  const [token] = first.begin(write('B'));
  const replies = [group.vote('a', first.command)];
  second.begin(write('C'));
  second.exchange(...found);
  for (const acceptor of found) if (acceptor !== 'a') replies.push(group.vote(acceptor, first.command));
  const refusal = replies.find(reply => reply.kind === 'conflict');
  if (refusal === undefined) throw new Error('Nobody refused');
  first.receive('b', refusal);
  first.receive('c', refusal);
  return { ...story, token };
}

test('receive() prepares again above what it saw, when a quorum refuses its accept (P1)', t => {
  const { first } = overtaken('b', 'c');
  t.deepEqual(first.command, { kind: 'prepare', key: KEY, ballot: { counter: 7, proposer: 'p1' } });
});

test('receive() answers done once, when the lost round is in the history that it finds (R2)', t => {
  const { first, second, token } = overtaken('a', 'b');
  // p2 found 'B' at a and built on it: the register had 'B' as version 2, and 'C' follows.
  second.exchange('a', 'b');
  first.exchange('a', 'b', 'c');
  first.wait(100);
  first.finish('a', 'b', 'c');
  t.deepEqual(first.answer(token), shown('B', 2));
  const [reading] = first.begin(read);
  first.finish('a', 'b', 'c');
  t.deepEqual(first.answer(reading), shown('C', 3));
});

test('receive() applies the request anew, when the lost round is not in the history that it finds (R2)', t => {
  const { first, second, token } = overtaken('b', 'c');
  second.exchange('b', 'c');
  first.exchange('b', 'c');
  first.wait(100);
  first.finish('b', 'c');
  t.deepEqual(first.answer(token), shown('B', 3));
});

test('receive() answers a refusal, when the lost round is not in the history and does not fit any more (R2)', t => {
  const group = new Group();
  const [first, second] = [group.proposer('p1'), group.proposer('p2')];
  const [lost] = first.begin(create('A'));
  first.exchange('a', 'b');
  const won = second.begin(create('B'))[0];
  second.exchange('b', 'c');
  first.exchange('b', 'c');
  second.exchange('b', 'c');
  t.deepEqual(second.answer(won), shown('B', 1));
  first.exchange('b', 'c');
  first.wait(100);
  first.finish('b', 'c');
  const answer = first.answer(lost);
  t.deepEqual(answer?.kind === 'refused' && answer.view, { set: true, value: 'B', version: 1 });
});

test('receive() proves a found round by an identity round, when no quorum holds it yet (P4, R2)', t => {
  const { first, token } = overtaken('a', 'b');
  first.exchange('a', 'b');
  t.is(first.command.kind, 'accept');
  t.is(first.answer(token), undefined);
  first.exchange('a', 'b');
  t.deepEqual(first.answer(token), shown('B', 2));
});

test('receive() answers unknown, when too many others came since to tell whether the lost round was chosen (R2)', t => {
  const { group, first, token } = overtaken('a', 'b');
  for (let i = 1; i <= ROUND_MARKS_MAX; i++) {
    const other = group.proposer(`other-${i}`);
    other.ballots.observe({ counter: 10 * i, proposer: 'p1' });
    other.begin(write(`${i}`));
    other.finish('a', 'b');
  }
  first.ballots.observe({ counter: 1000, proposer: 'p1' });
  first.wait(25);
  first.exchange('a', 'b');
  first.wait(25);
  first.exchange('a', 'b');
  t.is(first.answer(token)?.kind, 'unknown');
  t.is(first.phase, 'idle');
});

test('receive() backs off after the second conflict in a row, and prepares when that is over', t => {
  const proposer = new Group().proposer('p1');
  proposer.begin(write('A'));
  proposer.receive('a', conflict(1, 'prepare'));
  proposer.receive('b', conflict(1, 'prepare'));
  t.deepEqual(proposer.command, { kind: 'prepare', key: KEY, ballot: { counter: 8, proposer: 'p1' } });
  proposer.receive('a', conflict(8, 'prepare'));
  proposer.receive('b', conflict(8, 'prepare'));
  t.is(proposer.phase, 'waiting');
  proposer.wait(1);
  t.is(proposer.phase, 'waiting');
  proposer.wait(1);
  t.is(proposer.command.kind, 'prepare');
});

test('tick() goes on without the silent one, when one accepted and one refused', t => {
  const { first } = afterFirstWrite();
  first.begin(write('B'));
  first.exchange('a');
  first.receive('b', conflict(2, 'accept'));
  first.wait(19);
  t.is(first.phase, 'accepting');
  first.wait(1);
  t.is(first.command.kind, 'prepare');
});

test('receive() takes no standing ballot, when an acceptor refused on the way to the quorum', t => {
  const { first } = afterFirstWrite();
  const [token] = first.begin(write('B'));
  first.receive('c', conflict(2, 'accept'));
  first.exchange('a', 'b');
  t.deepEqual(first.answer(token), shown('B', 2));
  first.begin(write('C'));
  t.is(first.command.kind, 'prepare');
});

test('tick() sends again to the silent acceptors alone, with the same ballot and value', t => {
  const { first } = afterFirstWrite();
  first.begin(write('B'));
  const { command } = first;
  first.exchange('b');
  first.wait(199);
  t.deepEqual(first.direct, []);
  first.wait(1);
  t.deepEqual(first.direct, [
    { acceptor: 'a', command },
    { acceptor: 'c', command },
  ]);
  t.deepEqual(first.broadcast, [command]);
});

test('tick() sends again after twice as long each time, up to the maximum', t => {
  const proposer = new Group().proposer('p1');
  proposer.beginRequests({ operation: write('A'), id: undefined, deadlineMs: 60_000 });
  const sentAtMs: number[] = [];
  for (let ms = 0; ms < 6_000; ms += 100) {
    proposer.wait(100);
    if (proposer.direct.length > 0) sentAtMs.push(proposer.nowMs);
  }
  t.deepEqual(sentAtMs, [200, 600, 1400, 2400, 3400, 4400, 5400]);
});

test('tick() changes nothing, when there is nothing to do', t => {
  const proposer = new Group().proposer('p1');
  const idle = proposer.instance;
  proposer.wait(1_000_000);
  t.is(proposer.instance, idle);
  proposer.begin(write('A'));
  const busy = proposer.instance;
  proposer.wait(1);
  t.is(proposer.instance, busy);
});
