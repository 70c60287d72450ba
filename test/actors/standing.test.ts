import test from 'ava';
import { Standing } from '../../src/actors/standing.ts';
import type { Hello } from '../../src/protocol/memory.ts';

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
