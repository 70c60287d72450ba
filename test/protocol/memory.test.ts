import test from 'ava';
import {
  counts,
  type Hello,
  judgeStart,
  type Memory,
  NO_MEMORY,
  type Stamp,
  withSighting,
} from '../../src/protocol/memory.ts';

const CONFIGURATION = { cluster: 'c', epoch: 1, acceptors: ['a', 'b', 'c'] };
const MEMBERS = new Map(CONFIGURATION.acceptors.map(name => [name, `store-${name}`]));
const FORMED: Memory = { ...NO_MEMORY, commits: 10, members: MEMBERS, isFormed: true };

const stampOf = (name: string, since = 10): Stamp => {
  return { store: `store-${name}`, incarnation: `${name}-2`, since, commits: since };
};

const hello = (sender: string, part: Partial<Hello> = {}): Hello => {
  const { members, isFormed, epoch, seen } = FORMED;
  return { sender, stamp: stampOf(sender), answers: 'a-2', members, isFormed, epoch, seen, ...part };
};

const unformed = (sender: string, members?: Hello['members']): Hello =>
  hello(sender, { members, isFormed: false });

const seenOfA = (commits: number, incarnation = 'a-1'): Pick<Hello, 'seen'> => {
  return { seen: new Map([['a', { store: 'store-a', incarnation, commits }]]) };
};

const judge = (answers: readonly Hello[], memory = FORMED, stamp = stampOf('a')) =>
  judgeStart({ id: 'a', configuration: CONFIGURATION, stamp, memory }, answers);

test('judgeStart() waits for a quorum of members, and votes then (A4)', t => {
  t.is(judge([]).kind, 'ask');
  t.is(judge([hello('b')]).kind, 'vote');
  t.is(judge([hello('b', { stamp: stampOf('x') })]).kind, 'ask', 'another store is no member');
});

test('judgeStart() doubts a file that is below what was seen of it, however many say nothing (A4)', t => {
  t.is(judge([hello('b', seenOfA(10))]).kind, 'vote');
  t.deepEqual(judge([hello('b'), hello('c', seenOfA(11))]), {
    kind: 'doubt',
    why: 'c has seen commit 11 of a, and its file began at commit 10: it has forgotten what came between',
  });
  t.is(judge([hello('b', seenOfA(11, 'a-2'))]).kind, 'vote', 'its own commits since the start are no doubt');
});

test('judgeStart() doubts a file with another store than the members have recorded, also before they are formed (S3)', t => {
  for (const answer of [hello('b'), unformed('b', MEMBERS)]) {
    const judged = judge([answer], NO_MEMORY, { ...stampOf('a', 0), store: 'new' });
    t.is(judged.kind, 'doubt');
    t.regex(
      judged.kind === 'doubt' ? judged.why : '',
      /b has recorded the store store-a for a, and its file is the store new/,
    );
  }
});

test('judgeStart() keeps a doubt for ever (A4)', t => {
  t.deepEqual(judge([hello('b'), hello('c')], { ...FORMED, doubt: 'so' }), { kind: 'doubt', why: 'so' });
});

test('judgeStart() lets an acceptor that is none of the first members wait, whoever answers (C2)', t => {
  const stamp = stampOf('d', 0);
  const starting = { id: 'd', configuration: CONFIGURATION, stamp, memory: NO_MEMORY };
  t.is(judgeStart(starting, [hello('a'), hello('b'), hello('c')]).kind, 'ask');
});

test('judgeStart() waits in a joint epoch for a quorum of either set (C1, A4)', t => {
  const joint = { before: ['a', 'b', 'c'], after: ['c', 'd', 'e'] };
  const acceptors = ['a', 'b', 'c', 'd', 'e'];
  const members = new Map(acceptors.map(name => [name, `store-${name}`]));
  const starting = {
    id: 'a',
    configuration: { cluster: 'c', epoch: 2, acceptors, joint },
    stamp: stampOf('a'),
    memory: { ...FORMED, epoch: 2, members, joint },
  };
  const judgeBy = (...names: readonly string[]): string =>
    judgeStart(
      starting,
      names.map(name => hello(name)),
    ).kind;
  t.is(judgeBy('b', 'd'), 'ask');
  t.is(judgeBy('d', 'e'), 'ask');
  t.is(judgeBy('b', 'd', 'e'), 'vote');
  t.is(judgeBy('c', 'd'), 'vote');
});

test('judgeStart() records the stores when all have met, and forms the cluster when all have recorded them (S3)', t => {
  t.is(judge([unformed('b')], NO_MEMORY).kind, 'ask');
  const all = [unformed('b'), unformed('c')];
  t.deepEqual(judge(all, NO_MEMORY), { kind: 'record', members: MEMBERS, isFormed: false });
  const recorded = { ...NO_MEMORY, members: MEMBERS };
  t.is(judge([unformed('b', MEMBERS), unformed('c')], recorded).kind, 'ask');
  t.is(judge([unformed('b', MEMBERS)], recorded).kind, 'ask');
  const agreed = [unformed('b', MEMBERS), unformed('c', MEMBERS)];
  t.deepEqual(judge(agreed, recorded), { kind: 'record', members: MEMBERS, isFormed: true });
  const other = new Map(MEMBERS).set('c', 'lost');
  t.is(judge([unformed('b', other), unformed('c', MEMBERS)], recorded).kind, 'ask');
  t.deepEqual(judge([hello('c')], recorded), { kind: 'record', members: MEMBERS, isFormed: true });
});

test('judgeStart() forms a cluster of one by itself (S3)', t => {
  const configuration = { ...CONFIGURATION, acceptors: ['a'] };
  const judgeAlone = (memory: Memory) =>
    judgeStart({ id: 'a', configuration, stamp: stampOf('a'), memory }, []);
  const members = new Map([['a', 'store-a']]);
  t.deepEqual(judgeAlone(NO_MEMORY), { kind: 'record', members, isFormed: false });
  t.deepEqual(judgeAlone({ ...NO_MEMORY, members }), { kind: 'record', members, isFormed: true });
  t.is(judgeAlone({ ...NO_MEMORY, members, isFormed: true }).kind, 'vote');
});

test('counts() takes an incarnation in any order, and a later one from where the earlier was seen to end (A4)', t => {
  const known = { store: 'store-a', incarnation: 'a-1', commits: 12 };
  t.true(counts(undefined, stampOf('a')));
  t.true(counts(known, { store: 'store-a', incarnation: 'a-1', since: 3, commits: 5 }));
  t.true(counts(known, stampOf('a', 12)));
  t.false(counts(known, stampOf('a', 11)));
  t.false(counts(known, { ...stampOf('a', 11), commits: 99 }), 'later commits do not make up for it');
  t.false(counts(known, { ...stampOf('a', 12), store: 'another' }));
});

test('withSighting() keeps the highest of a store, and the same map when nothing is new', t => {
  const sighting = { store: 's', incarnation: 'i', commits: 5 };
  const seen = withSighting(new Map(), 'b', sighting);
  t.is(withSighting(seen, 'b', { ...sighting, commits: 4 }), seen);
  t.is(withSighting(seen, 'b', { ...sighting, commits: 6 }).get('b')?.commits, 6);
});
