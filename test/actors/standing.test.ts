import test from 'ava';
import { Standing } from '../../src/actors/standing.ts';
import type { Hello } from '../../src/protocol/memory.ts';
import { formedSlot, storeOf } from './standings.ts';

const configuration = { cluster: 'c', epoch: 1, acceptors: ['a', 'b', 'c'] };
/** More than an answer counts for. */
const MANY_ASKS = 20;

function answerOf(sender: string, store: string, part: Partial<Hello> = {}): Hello {
  return {
    sender,
    stamp: { store, incarnation: `${sender}-1`, since: 0, commits: 0 },
    answers: 'a-1',
    members: undefined,
    isFormed: false,
    epoch: 1,
    seen: new Map(),
    ...part,
  };
}

function newStanding(): Standing {
  return new Standing({ id: 'a', configuration, store: 'store-a', incarnation: 'a-1', slot: undefined });
}

/** The stores that it records with its next commit. */
function recorded(standing: Standing): ReadonlyMap<string, string> | undefined {
  standing.judge();
  standing.withMemory(new Map());
  standing.settled();
  return standing.ask().members;
}

test('judge() records no store of a member that has not answered lately, while the cluster is formed (S3)', t => {
  const standing = newStanding();
  standing.ask();
  standing.receive(answerOf('b', 'lost'));
  t.deepEqual(standing.heard, ['b']);
  for (let asks = 0; asks < MANY_ASKS; asks++) standing.ask();
  t.deepEqual(standing.heard, []);
  standing.receive(answerOf('c', 'store-c'));
  t.is(recorded(standing), undefined);
  standing.receive(answerOf('b', 'new'));
  t.deepEqual(
    recorded(standing),
    new Map([
      ['a', 'store-a'],
      ['b', 'new'],
      ['c', 'store-c'],
    ]),
  );
});

test('judge() records the stores of members that go on answering, however long it takes (S3)', t => {
  const standing = newStanding();
  for (let asks = 0; asks < 3 * MANY_ASKS; asks++) {
    standing.ask();
    standing.receive(answerOf('b', 'store-b'));
  }
  standing.receive(answerOf('c', 'store-c'));
  t.is(recorded(standing)?.size, 3);
});

test('judge() keeps an old answer of a quorum, once the cluster is formed (A4)', t => {
  const standing = newStanding();
  standing.ask();
  const members = new Map(configuration.acceptors.map(name => [name, `store-${name}`]));
  standing.receive(answerOf('b', 'store-b', { members, isFormed: true }));
  t.deepEqual(recorded(standing), members);
  for (let asks = 0; asks < 2 * MANY_ASKS; asks++) standing.ask();
  t.deepEqual(standing.heard, ['b']);
  standing.judge();
  t.is(standing.status, 'voting');
});

test('an acceptor does not vote beside another cluster of its name, and has no doubt of itself (S3)', t => {
  for (const isLate of [false, true]) {
    const slot = formedSlot(configuration);
    const standing = new Standing({
      id: 'a',
      configuration,
      store: storeOf('a'),
      incarnation: 'a-1',
      slot,
    });
    const members = new Map(configuration.acceptors.map(name => [name, storeOf(name)]));
    const ours = answerOf('b', storeOf('b'), { members, isFormed: true });
    const others = new Map(configuration.acceptors.map(name => [name, `other-${name}`]));
    const theirs = answerOf('b', 'other-b', { members: others, isFormed: true });
    for (const answer of isLate ? [ours, theirs] : [theirs, ours]) {
      standing.receive(answer);
      standing.judge();
    }
    t.false(standing.mayVote);
    t.is(standing.stranger, 'b');
    t.is(standing.doubt, undefined);
    t.deepEqual(standing.withMemory(new Map()), new Map(), 'nothing of it comes to its disk');
  }
});
