// What is made of what acceptors hold, with acceptors that are tables.

import test from 'ava';
import { checkCluster, NAMED_MAX, type Questioner } from '../../src/node/operator/cluster-check.ts';
import type { AcceptorStatus } from '../../src/node/operator/ping.ts';
import { configurationInForce, isOfEndedStay } from '../../src/node/operator/verify-cluster.ts';
import type { Holding } from '../../src/protocol/comparison.ts';
import { ONE_GROUP, withArrival, withGroup, withMove } from '../../src/protocol/group-map.ts';
import { partitionOf } from '../../src/protocol/partition.ts';
import { LISTED_KEYS_MAX } from '../../src/transport/listing-codec.ts';

const CONFIGURATION = { cluster: 'c', epoch: 1, acceptors: ['a', 'b', 'c'] };
const VOTING: AcceptorStatus = { status: 'voting', why: '', heard: [] };

type Tables = Record<string, Map<string, Holding>>;

const held = (counter: number, digest = `v${counter}`): Holding => {
  return { accepted: { counter, proposer: 'p' }, digest };
};

/** All of them hold these keys at ballot 1. */
function tablesOf(...keys: readonly string[]): Tables {
  const table = (): Map<string, Holding> => new Map(keys.map(key => [key, held(1)]));
  return { a: table(), b: table(), c: table() };
}

class Tabled implements Questioner {
  readonly tables: Tables;
  readonly statuses: Record<string, AcceptorStatus | undefined> = { a: VOTING, b: VOTING, c: VOTING };
  /** Called before each answer about keys, with how often anybody was asked again. */
  onAgain: (times: number) => void = () => {};
  readonly asked: string[] = [];
  #again = 0;

  constructor(tables: Tables) {
    this.tables = tables;
  }

  async status(acceptor: string): Promise<AcceptorStatus | undefined> {
    return this.statuses[acceptor];
  }

  async partition(acceptor: string, partition: number): Promise<ReadonlyMap<string, Holding>> {
    this.asked.push(acceptor);
    const table = this.tables[acceptor];
    if (table === undefined) throw new Error(`${acceptor} is silent`);
    return new Map([...table].filter(([key]) => partitionOf(key) === partition));
  }

  async keys(acceptor: string, keys: readonly string[]): Promise<ReadonlyMap<string, Holding>> {
    if (keys.length > LISTED_KEYS_MAX) throw new Error('too many keys at once');
    this.#again += 1;
    this.onAgain(this.#again);
    return new Map([...(this.tables[acceptor] ?? [])].filter(([key]) => keys.includes(key)));
  }
}

const check = (questioner: Questioner, onProgress = (_: number, _keys: number): void => {}) =>
  checkCluster(CONFIGURATION, questioner, { onProgress, pauseMs: 0 });

test('checkCluster() counts who is behind and who is ahead, which is no fault', async t => {
  const tables = tablesOf('k1', 'k2', 'k3');
  tables.a?.set('k1', held(2));
  tables.b?.set('k1', held(2));
  tables.c?.delete('k2');
  tables.a?.set('k3', held(5));
  const progress: string[] = [];
  const report = await check(new Tabled(tables), (partitions, keys) =>
    progress.push(`${partitions} ${keys}`),
  );
  t.like(report, { keys: 3, settled: 3, moving: 0, unsettled: 0, faults: 0 });
  t.deepEqual(
    report.members.map(({ id, keys, behind, ahead }) => [id, keys, behind, ahead]),
    [
      ['a', 3, 0, 1],
      ['b', 3, 0, 0],
      ['c', 2, 2, 0],
    ],
  );
  t.is(progress.length, 256);
  t.is(progress.at(-1), '256 3');
});

test('checkCluster() takes a round that ends while it looks for settled', async t => {
  const tables = tablesOf('k');
  tables.a?.set('k', held(9));
  tables.b?.delete('k');
  const questioner = new Tabled(tables);
  questioner.onAgain = () => void tables.b?.set('k', held(9));
  t.like(await check(questioner), { settled: 1, moving: 0, unsettled: 0, faults: 0 });
});

test('checkCluster() calls a key moving, when its newest state is another one at every look', async t => {
  const tables = tablesOf('k');
  tables.a?.set('k', held(9));
  tables.b?.delete('k');
  const questioner = new Tabled(tables);
  questioner.onAgain = times => void tables.a?.set('k', held(9 + times));
  t.like(await check(questioner), { keys: 1, settled: 0, moving: 1, unsettled: 0, faults: 0 });
});

test('checkCluster() calls a key unsettled, when no state of it stands on a quorum', async t => {
  const keys = Array.from({ length: 2 * NAMED_MAX }, (_, i) => `k${i}`);
  const tables = tablesOf(...keys);
  for (const key of keys) tables.a?.set(key, held(2));
  for (const key of keys) tables.b?.set(key, held(3));
  const report = await check(new Tabled(tables));
  t.like(report, { keys: keys.length, settled: 0, moving: 0, unsettled: keys.length, faults: 0 });
  t.is(report.unsettledKeys.length, NAMED_MAX);
});

test('checkCluster() counts only members that vote towards a quorum of all', async t => {
  const tables = tablesOf('k', 'thin');
  tables.b?.delete('thin');
  const questioner = new Tabled(tables);
  questioner.statuses.c = { status: 'quarantined', why: 'its disk is old', heard: [] };
  const report = await check(questioner);
  t.like(report, { settled: 1, unsettled: 1, unsettledKeys: ['thin'] });
  t.deepEqual(report.members[2], {
    id: 'c',
    status: 'quarantined',
    why: 'its disk is old',
    keys: 0,
    behind: 0,
    ahead: 0,
  });
  t.false(questioner.asked.includes('c'));
});

test('checkCluster() finds two values under one ballot, however settled it looks (A2)', async t => {
  const tables = tablesOf('k');
  tables.c?.set('k', held(1, 'another'));
  const report = await check(new Tabled(tables));
  t.like(report, { settled: 0, faults: 1 });
  t.regex(report.faultTexts[0] ?? '', /'k': a and c hold two values under ballot 1/);
});

test('checkCluster() finds an acceptor that went back between two looks (A1)', async t => {
  const tables = tablesOf('k');
  tables.a?.set('k', held(9));
  tables.b?.delete('k');
  const questioner = new Tabled(tables);
  questioner.onAgain = () => void tables.a?.set('k', held(8));
  t.regex((await check(questioner)).faultTexts[0] ?? '', /a went back from ballot 9 of p to 8 of p/);
});

test('checkCluster() asks nobody without a quorum of voters, and stops at the first that falls silent', async t => {
  const alone = new Tabled(tablesOf('k'));
  alone.statuses.b = { status: 'asking', why: '', heard: [] };
  alone.statuses.c = undefined;
  await t.throwsAsync(check(alone), { message: /2 of 3 must vote \(a voting, b asking, c silent\)/ });
  t.deepEqual(alone.asked, []);
  const { b: _, ...others } = tablesOf('k');
  const silent = new Tabled(others);
  await t.throwsAsync(check(silent), { message: 'b is silent' });
  t.deepEqual(silent.asked, ['a', 'b'], 'c could be the next to find damage');
});

test('configurationInForce() follows what acceptors tell to the latest epoch, also where the first members are gone', async t => {
  const questioner = new Tabled({});
  const second = { epoch: 3, acceptors: ['b', 'c', 'd'] };
  const third = { epoch: 4, acceptors: ['c', 'd', 'e'], joint: { before: ['c', 'd'], after: ['d', 'e'] } };
  questioner.statuses.a = undefined;
  questioner.statuses.b = { ...VOTING, status: 'removed', epoch: { epoch: 1, acceptors: ['a', 'b', 'c'] } };
  questioner.statuses.c = { ...VOTING, epoch: second };
  questioner.statuses.d = { ...VOTING, epoch: third };
  t.deepEqual(await configurationInForce(CONFIGURATION, questioner), { cluster: 'c', ...third });
});

test('configurationInForce() is what was given, while nobody tells of an epoch', async t => {
  const questioner = new Tabled({});
  questioner.statuses.a = undefined;
  t.is(await configurationInForce(CONFIGURATION, questioner), CONFIGURATION);
});

test('checkCluster() does not wait for what is left of partitions that were moved, and still sees its faults', async t => {
  const tables = tablesOf('k', 'moved', 'broken');
  tables.a?.set('moved', held(2));
  tables.a?.set('broken', held(1, 'other'));
  const isOver = (key: string): boolean => key !== 'k';
  const report = await checkCluster(CONFIGURATION, new Tabled(tables), {
    onProgress: () => {},
    pauseMs: 0,
    isOver,
  });
  t.like(report, { keys: 1, settled: 1, unsettled: 0, left: 1, faults: 1 });
});

test('isOfEndedStay(): where a partition is, or is on its way from, nothing is left over', t => {
  const partition = partitionOf('k');
  const map = withMove(withGroup(ONE_GROUP, 'east', ['e1']), partition, 'east');
  const at = { group: 'east', number: 1, from: { group: 'main', number: 0 } };
  const seen = (of: typeof map) =>
    [
      ['main', 'k'],
      ['east', '$1$k'],
      ['main', '$2$k'],
    ].map(([group = '', name = '']) => isOfEndedStay(of, group, name));
  t.deepEqual(seen(map), [false, false, false]);
  const arrived = withArrival(map, partition, at);
  t.deepEqual(seen(arrived), [true, false, false]);
  t.deepEqual(seen(withMove(arrived, partition, 'main')), [true, false, false]);
  t.deepEqual(seen(ONE_GROUP), [false, false, false]);
  t.false(isOfEndedStay(arrived, 'main', '$groups'));
});
