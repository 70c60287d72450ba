import test from 'ava';
import { FloorTable } from '../../src/actors/floors.ts';
import { BallotSource } from '../../src/protocol/ballot.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import { filterOf, printsOf } from '../../src/protocol/filter.ts';
import type { Reply } from '../../src/protocol/messages.ts';
import { floorName, partitionOf } from '../../src/protocol/partition.ts';
import { REMEMBERED_MAX } from '../../src/protocol/register.ts';
import { UNSET } from '../../src/protocol/state.ts';
import { type Context, DEFAULT_TIMING } from '../../src/protocol/work.ts';
import { decodeState, encodeState } from '../../src/transport/state-codec.ts';
import { FLOOR_DUTIES } from './floor-duties.ts';

for (const { title, check } of FLOOR_DUTIES) {
  test(`A floor: ${title} (F1)`, async t => {
    await t.notThrowsAsync(check);
  });
}

const KEY = 'orders.42';
const NAME = floorName(partitionOf(KEY));

/** A table and what it asked for; time stands still unless the test moves it. */
function bench(usesMax = 10) {
  const table = new FloorTable(usesMax);
  const ballots = new BallotSource('p');
  const at = (nowMs: number): Context => ({
    configuration: { cluster: 'test', epoch: 1, acceptors: ['a', 'b', 'c'] },
    reserve: [],
    ballots,
    floors: table,
    codec: { encode: encodeState, decode: decodeState },
    changes: BUILT_IN_CHANGES,
    valueBytesMax: 1000,
    rememberedMax: REMEMBERED_MAX,
    timing: DEFAULT_TIMING,
    random: () => 0,
    nowMs,
    effects: { broadcast: [], direct: [], answers: [], chosen: [], closed: [] },
  });
  const awaits = (nowMs: number) => {
    const context = at(nowMs);
    return { waits: table.awaits(KEY, context), asked: context.effects.broadcast.length };
  };
  const floored = (acceptor: string, counter: number, keys: readonly string[] | undefined = []): void => {
    const filter = keys && filterOf(printsOf(keys));
    table.receive(acceptor, { kind: 'floored', key: NAME, counter, filter }, at(0));
  };
  return { table, ballots, at, awaits, floored };
}

test('FloorTable asks once, and has the floor when a quorum has promised it', t => {
  const { table, awaits, floored } = bench();
  t.deepEqual(awaits(0), { waits: true, asked: 1 });
  t.deepEqual(awaits(1), { waits: true, asked: 0 });
  floored('a', 1);
  floored('a', 1);
  t.is(table.of(KEY), undefined);
  floored('b', 1);
  t.deepEqual(table.of(KEY), {
    ballot: { counter: 1, proposer: 'p' },
    holders: ['a', 'b'],
    isFresh: true,
    remains: UNSET,
  });
  t.deepEqual(awaits(2), { waits: false, asked: 0 });
  floored('c', 1);
  t.deepEqual(table.of(KEY)?.holders, ['a', 'b', 'c']);
});

test('FloorTable takes no key for fresh that is in a filter, or when a filter was left out', t => {
  for (const keys of [[KEY], undefined]) {
    const { table, awaits, floored } = bench();
    awaits(0);
    floored('a', 1);
    if (keys === undefined)
      table.receive('b', { kind: 'floored', key: NAME, counter: 1, filter: undefined }, bench().at(0));
    else floored('b', 1, keys);
    t.is(table.of(KEY)?.isFresh, false);
  }
});

test('FloorTable offers its ballot no more for a key that it was used for (P1)', t => {
  const { table, awaits, floored } = bench();
  awaits(0);
  floored('a', 1);
  floored('b', 1);
  table.use(KEY);
  t.is(table.of(KEY), undefined);
});

test('FloorTable asks for a new floor, when the old one was used for many keys', t => {
  const { table, awaits, floored } = bench(1);
  awaits(0);
  floored('a', 1);
  floored('b', 1);
  table.use(KEY);
  t.deepEqual(awaits(1), { waits: true, asked: 1 });
  floored('a', 2, [KEY]);
  floored('c', 2, [KEY]);
  t.deepEqual(table.of(KEY), {
    ballot: { counter: 2, proposer: 'p' },
    holders: ['a', 'c'],
    isFresh: false,
    remains: UNSET,
  });
});

test('FloorTable lets requests go without, when the answers take too long, and asks again later', t => {
  const { awaits } = bench();
  awaits(0);
  t.true(awaits(49).waits);
  t.deepEqual(awaits(51), { waits: false, asked: 0 });
  t.deepEqual(awaits(1001), { waits: true, asked: 1 });
});

test('FloorTable outbids the floor of another once, and then leaves it for a while', t => {
  const { table, ballots, at, awaits } = bench();
  awaits(0);
  const conflict = (counter: number): Reply => {
    return {
      kind: 'conflict',
      key: NAME,
      phase: 'prepare',
      counter,
      seen: { counter: counter + 9, proposer: 'q' },
    };
  };
  const context = at(0);
  table.receive('a', conflict(1), context);
  t.is(context.effects.broadcast.length, 1);
  t.is(ballots.counter, 11);
  table.receive('b', conflict(1), at(0));
  t.is(ballots.counter, 11);
  table.receive('a', conflict(11), at(0));
  t.deepEqual(awaits(10), { waits: false, asked: 0 });
  for (let without = 0; without < 2; without++) t.deepEqual(awaits(1001), { waits: false, asked: 0 });
  t.deepEqual(awaits(1001), { waits: true, asked: 1 });
});

test('FloorTable gives a floor up that a round was lost under, and no other', t => {
  const { table, awaits, floored } = bench();
  awaits(0);
  floored('a', 1);
  floored('b', 1);
  table.lose(KEY, { counter: 7, proposer: 'p' }, 0);
  t.not(table.of(KEY), undefined);
  table.lose(KEY, { counter: 1, proposer: 'p' }, 0);
  t.is(table.of(KEY), undefined);
  t.deepEqual(awaits(10), { waits: false, asked: 0 });
});

test('FloorTable goes without for twice as many keys after each floor of little use, and not after one of much', t => {
  const { table, ballots, awaits, floored } = bench(100);
  const beside = Array.from({ length: 20_000 }, (_, i) => `k${i}`).filter(
    key => partitionOf(key) === partitionOf(KEY),
  );
  let nowMs = 0;
  awaits(nowMs);
  /** The floor that was asked for is used for so many keys and lost. @returns how many go without until it asks again */
  const withoutAfter = (uses: number): number => {
    floored('a', ballots.counter);
    floored('b', ballots.counter);
    for (const key of beside.slice(0, uses)) table.use(key);
    table.lose(KEY, { counter: ballots.counter, proposer: 'p' }, nowMs);
    nowMs += 1000;
    for (let without = 0; ; without++) if (awaits(nowMs).asked > 0) return without;
  };
  t.deepEqual([0, 1, 0, 0, 0].map(withoutAfter), [2, 4, 8, 16, 32]);
  t.deepEqual([40, 0].map(withoutAfter), [0, 2]);
});

test('FloorTable counts no answer of a stranger, and none to another ballot (P3)', t => {
  const { table, awaits, floored } = bench();
  awaits(0);
  floored('x', 1);
  floored('a', 1);
  floored('b', 2);
  t.is(table.of(KEY), undefined);
});

test('FloorTable asks for nothing, when floors are turned off', t => {
  t.deepEqual(bench(0).awaits(0), { waits: false, asked: 0 });
});
