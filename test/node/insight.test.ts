// What can be seen of nodes from outside: metrics, gaps, status, logs, health.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { z } from 'zod';
import { Histogram, TIMES_MS } from '../../src/actors/histogram.ts';
import { RoundTally } from '../../src/actors/round-tally.ts';
import { TurnTally } from '../../src/actors/turn-tally.ts';
import { type AcceptorSight, acceptorMetrics, acceptorTold } from '../../src/node/acceptor/acceptor-sight.ts';
import { clusterStatus, isWell, quantileMs } from '../../src/node/operator/cluster-status.ts';
import { serveHealth } from '../../src/node/process/http-server.ts';
import { logTo, textOf } from '../../src/node/process/log.ts';
import { Metrics } from '../../src/node/process/metrics.ts';
import { readTold, type Told } from '../../src/node/process/status.ts';
import { type ProposerSight, proposerMetrics, proposerTold } from '../../src/node/proposer/proposer-sight.ts';
import { CollectorCounts } from '../../src/node/scan/collector-counts.ts';
import { Fellows } from '../../src/node/service/fellows.ts';
import { Gaps } from '../../src/node/service/gaps.ts';
import { ServiceStats } from '../../src/node/service/service-stats.ts';
import { type GroupMap, ONE_GROUP, withGroup, withMove, withoutGroup } from '../../src/protocol/group-map.ts';

const TURNS = { tally: new TurnTally(), waiting: 3, dropped: 0 };

function proposer(): ProposerSight {
  const rounds = {
    tally: new RoundTally(),
    inHand: { requests: 1, bytes: 10, registers: 1, floors: 7 },
    commitsOf: () => 5,
  };
  const configuration = { cluster: 'c', epoch: 2, acceptors: ['a1', 'a2'] };
  const engine = { rounds, turns: TURNS, configuration: () => configuration, membership: () => undefined };
  return {
    name: 'p1',
    incarnation: 'p1-x',
    cluster: 'c',
    version: '1.2.3',
    http: undefined,
    changes: ['triple@2'],
    nowMs: () => 10_000,
    engine,
    groups: {
      map: ONE_GROUP,
      version: 0,
      engines: new Map([['main', engine]]),
      events: new Map(),
      waiting: 0,
    },
    stats: new ServiceStats(),
    desk: { waiting: 1, waitsSinceMs: 9_500 },
    passes: { waiting: 0, homeOf: 256, fellows: new Map() },
    collected: new CollectorCounts(),
    work: new Map([['main', { erasing: { erased: 8, left: 2 } }]]),
  };
}

function acceptor(): AcceptorSight {
  return {
    id: 'a1',
    cluster: 'c',
    version: '1.2.3',
    http: undefined,
    disk: async () => ({ bytes: 1, freeBytes: 2 }),
    turns: TURNS,
    uncollected: { registers: 12 },
    replies: {
      promised: 0,
      accepted: 4,
      conflict: 0,
      report: 0,
      floored: 0,
      full: 0,
      copied: 0,
      collected: 0,
      closed: 0,
    },
    standing: {
      status: 'voting',
      doubt: undefined,
      heard: [],
      epoch: 2,
      membership: undefined,
      stamp: { store: 's', incarnation: 'i', since: 0, commits: 9 },
    },
  };
}

async function textOfMetrics(metrics: Metrics): Promise<string> {
  return (await metrics.text()).body;
}

test('metrics: what was counted is what Prometheus reads, in seconds', async t => {
  const sight = proposer();
  const ended = { type: 'variable.cas', error: '', sinceMs: 1000 } as const;
  sight.stats.count({ ...ended, code: 'ok', nowMs: 1002 });
  sight.stats.count({ ...ended, code: 'conflict', nowMs: 1300 });
  sight.stats.turnAway('overloaded');
  const text = await textOfMetrics(proposerMetrics(sight));
  for (const line of [
    'synod_requests_total{operation="variable.cas",result="ok"} 1',
    'synod_requests_total{operation="variable.cas",result="conflict"} 1',
    'synod_requests_turned_away_total{result="overloaded"} 1',
    'synod_request_duration_seconds_bucket{operation="variable.cas",le="0.0025"} 1',
    'synod_request_duration_seconds_bucket{operation="variable.cas",le="0.5"} 2',
    'synod_request_duration_seconds_bucket{operation="variable.cas",le="+Inf"} 2',
    'synod_request_duration_seconds_count{operation="variable.cas"} 2',
    'synod_request_duration_seconds_sum{operation="variable.cas"} 0.302',
    'synod_epoch 2',
    'synod_floors_held 7',
    'synod_mailbox_items 3',
  ]) {
    t.true(text.includes(`\n${line}\n`), line);
  }
  const ofAcceptor = await textOfMetrics(acceptorMetrics(acceptor()));
  t.regex(ofAcceptor, /\nsynod_acceptor_replies_total\{kind="accepted"\} 4\n/);
  t.regex(ofAcceptor, /\nsynod_uncollected_registers\{group="main"\} 12\n/);
  const ofEast = await textOfMetrics(acceptorMetrics({ ...acceptor(), cluster: 'c/east' }));
  t.regex(ofEast, /\nsynod_uncollected_registers\{group="east"\} 12\n/);
});

test('the Grafana dashboard asks for metrics that exist, and for each of ours', async t => {
  const path = join(import.meta.dirname, '../../../config/grafana-dashboard.json');
  const board = z
    .object({
      panels: z.array(z.looseObject({ targets: z.array(z.object({ expr: z.string() })).default([]) })),
    })
    .parse(JSON.parse(readFileSync(path, 'utf8')));
  const queries = board.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  const sight = proposer();
  sight.stats.count({ type: 'switch.set', code: 'ok', error: '', sinceMs: 0, nowMs: 1 });
  const texts = [proposerMetrics(sight), acceptorMetrics(acceptor())].map(textOfMetrics);
  const all = (await Promise.all(texts)).join('\n');
  const exist = new Set([...all.matchAll(/^([a-z0-9_]+)[{ ]/gm)].map(match => match[1] ?? ''));
  for (const [, type] of all.matchAll(/^# TYPE (\S+)/gm)) exist.add(type ?? '');
  const asked = queries.flatMap(query =>
    [...query.matchAll(/\b(synod|process|nodejs)_[a-z0-9_]+/g)].map(([name]) => name),
  );
  t.true(queries.length > 10);
  t.deepEqual(
    asked.filter(name => !exist.has(name)),
    [],
  );
  const ours = [...all.matchAll(/^# TYPE (synod_\S+)/gm)].map(match => match[1] ?? '');
  t.deepEqual(
    ours.filter(name => !asked.some(each => each.startsWith(name))),
    [],
  );
});

test('RoundTally: what an acceptor did not accept and its peers did, it missed', t => {
  const sight = proposer();
  const accepted = { kind: 'accepted', key: 'k', counter: 1 } as const;
  const tally = sight.engine.rounds.tally;
  tally.heard('a1', [accepted, accepted, accepted], 9000);
  tally.heard(
    'a2',
    [
      accepted,
      { kind: 'conflict', key: 'k', phase: 'accept', counter: 1, seen: { counter: 2, proposer: 'p' } },
    ],
    9900,
  );
  const { acceptors } = proposerTold(sight);
  t.deepEqual(acceptors.a1, { commits: 5, missed: 0, heardMsAgo: 1000 });
  t.deepEqual(acceptors.a2, { commits: 5, missed: 2, heardMsAgo: 100 });
});

test('Gaps: only while somebody waits, and for a minute', t => {
  const gaps = new Gaps();
  gaps.served(0, 10);
  gaps.served(5000, 5020);
  t.is(gaps.longestMs, 20, 'in between nobody waited');
  gaps.served(5010, 5320);
  t.is(gaps.longestMs, 300);
  t.is(gaps.ofLastMinuteMs(6000, undefined), 300);
  t.is(gaps.ofLastMinuteMs(6000, 5100), 680, 'it lasts since the last one that was served');
  t.is(gaps.ofLastMinuteMs(70_000, undefined), 0);
});

test('clusterStatus() takes the newest members, and shows those without an answer as silent', t => {
  const told: Told[] = [
    { ...proposerTold(proposer()), epoch: 4, members: ['a1', 'a4'], isJoint: false },
    {
      role: 'acceptor',
      id: 'a1',
      status: 'voting',
      why: '',
      version: '1',
      wire: 2,
      epoch: 2,
      members: ['a1', 'a2'],
      isJoint: true,
    },
  ];
  const { epoch, isJoint, acceptors } = clusterStatus({ cluster: 'c', acceptors: ['a1', 'a2', 'a3'] }, told);
  t.deepEqual([epoch, isJoint], [4, false]);
  t.deepEqual(
    acceptors.map(({ id, status }) => [id, status]),
    [
      ['a1', 'voting'],
      ['a4', 'silent'],
    ],
  );
  const unheard = clusterStatus({ cluster: 'c', acceptors: ['a1'] }, []);
  t.deepEqual(
    unheard.acceptors.map(({ status }) => status),
    ['silent'],
  );
});

test('clusterStatus() shows the acceptors of every group that a proposer knows of', t => {
  const map = withMove(withGroup(ONE_GROUP, 'east', ['e1', 'e2']), 7, 'east');
  const sight = sightOf(map);
  const voting = { role: 'acceptor', id: 'e1', status: 'voting', why: '', version: '1', wire: 2 } as const;
  const ofGroups = new Map([['east', [{ ...voting, epoch: 1, isJoint: false }]]]);
  const config = { cluster: 'c', acceptors: ['a1', 'a2'] };
  const status = clusterStatus(config, [proposerTold(sight)], ofGroups);
  const { acceptors, groups, moves } = status;
  t.deepEqual(
    acceptors.map(({ id }) => id),
    ['a1', 'a2'],
  );
  t.like(groups, [{ group: 'east', partitions: 1, coming: 1, going: 0 }]);
  t.deepEqual(moves, [{ from: 'main', to: 'east', partitions: 1 }]);
  t.like(status, { partitions: 255, coming: 0, going: 1 });
  t.deepEqual(
    groups[0]?.acceptors.map(({ id, status }) => [id, status]),
    [
      ['e1', 'voting'],
      ['e2', 'silent'],
    ],
  );
});

/** A proposer that knows of the groups that the map has, and met all of them. */
function sightOf(map: GroupMap): ProposerSight {
  const { engine, ...sight } = proposer();
  const engines = new Map([...map.groups].map(([name]) => [name, engineOf(name, map)] as const));
  engines.set('main', engine);
  return {
    ...sight,
    engine,
    groups: { map, version: 2, engines, events: new Map([['brought', 5]]), waiting: 3 },
  };
}

function engineOf(group: string, map: GroupMap): ProposerSight['engine'] {
  const rounds = {
    tally: new RoundTally(),
    inHand: { requests: 0, bytes: 0, registers: 2, floors: 4 },
    commitsOf: () => 6,
  };
  const acceptors = map.groups.get(group) ?? [];
  const configuration = { cluster: `c/${group}`, epoch: 3, acceptors };
  return { rounds, turns: TURNS, configuration: () => configuration, membership: () => undefined };
}

test('clusterStatus(): the newest map counts, whoever tells it, and an acceptor of any group may lag', t => {
  const older = withGroup(withGroup(ONE_GROUP, 'east', ['e1', 'e2']), 'west', ['w1']);
  const map = withoutGroup(older, 'west');
  const sight = sightOf(map);
  const accepted = { kind: 'accepted', key: 'k', counter: 1 } as const;
  const tally = sight.groups.engines.get('east')?.rounds.tally;
  tally?.heard('e1', [accepted, accepted], 9000);
  tally?.heard('e2', [], 9000);
  const old = { ...sightOf(older), incarnation: 'p2-x', name: 'p2' };
  const told = [proposerTold({ ...old, groups: { ...old.groups, version: 1 } }), proposerTold(sight)];
  const { groups } = clusterStatus({ cluster: 'c', acceptors: ['a1'] }, told);
  t.deepEqual(
    groups.map(({ group, epoch, acceptors }) => [
      group,
      epoch,
      acceptors.map(({ id, missed }) => [id, missed]),
    ]),
    [
      [
        'east',
        3,
        [
          ['e1', 0],
          ['e2', 2],
        ],
      ],
    ],
  );
});

test('clusterStatus(): a proposer is silent that another heard of, unless it answers or was started again', t => {
  const p1 = proposerTold(proposer());
  const peers = { 'p2-AAAAAAAAAAA': 9000, 'p1-BBBBBBBBBBB': 5000, 'p3-CCCCCCCCCCC': 20 };
  const p3 = { ...p1, name: 'p3', incarnation: 'p3-CCCCCCCCCCC', peers: { 'p2-AAAAAAAAAAA': 7000 } };
  const { silentProposers } = clusterStatus({ cluster: 'c', acceptors: ['a1'] }, [{ ...p1, peers }, p3]);
  t.deepEqual(silentProposers, [{ name: 'p2', incarnation: 'p2-AAAAAAAAAAA', heardMsAgo: 7000 }]);
});

test('isWell(): all members vote, a proposer answers, and none is silent', async t => {
  const p1 = proposerTold(proposer());
  const a1 = await acceptorTold(acceptor());
  const of = (told: readonly Told[]): boolean =>
    isWell(clusterStatus({ cluster: 'c', acceptors: ['a1'] }, told));
  t.true(of([a1, p1]));
  t.false(of([p1]), 'an acceptor is silent');
  t.false(of([{ ...a1, status: 'quarantined' }, p1]));
  t.true(of([a1, { ...a1, id: 'a9', status: 'removed' }, p1]), 'no member');
  t.false(of([a1]), 'no proposer answers');
  const peers = { 'p2-AAAAAAAAAAA': 9000 };
  t.false(of([a1, { ...p1, peers }]), 'p2 is silent');
  const p2 = { ...p1, name: 'p2', incarnation: 'p2-BBBBBBBBBBB' };
  t.true(of([a1, { ...p1, peers }, p2]), 'p2 was started again');
});

test('Fellows: who said goodbye, was started again or is long gone is not missed', t => {
  const fellows = new Fellows();
  const known = (nowMs: number): readonly string[] => [...fellows.known(nowMs).keys()];
  for (const one of ['p2-AAAAAAAAAAA', 'p3-CCCCCCCCCCC', 'p4-DDDDDDDDDDD']) fellows.heard(one, 0);
  fellows.left('p3-CCCCCCCCCCC');
  t.deepEqual(known(100), ['p2-AAAAAAAAAAA', 'p4-DDDDDDDDDDD']);
  fellows.heard('p2-BBBBBBBBBBB', 5000);
  t.deepEqual(known(5000), ['p4-DDDDDDDDDDD', 'p2-BBBBBBBBBBB']);
  t.deepEqual(known(602_000), ['p2-BBBBBBBBBBB']);
});

test('metrics: of every group what it keeps, and of all together what the proposer does', async t => {
  const map = withMove(withGroup(ONE_GROUP, 'east', ['e1', 'e2']), 7, 'east');
  const text = await textOfMetrics(proposerMetrics(sightOf(map)));
  for (const line of [
    'synod_group_partitions{group="main"} 255',
    'synod_group_partitions{group="east"} 1',
    'synod_group_epoch{group="main"} 2',
    'synod_group_epoch{group="east"} 3',
    'synod_partitions_moving{from="main",to="east"} 1',
    'synod_requests_held_by_moves 3',
    'synod_registers_erased_total{group="main"} 8',
    'synod_partitions_to_erase{group="main"} 2',
    'synod_group_events_total{event="brought"} 5',
    'synod_floors_held 11',
    'synod_registers_in_flight 3',
    'synod_mailbox_items 6',
    'synod_epoch 2',
  ])
    t.true(text.includes(`\n${line}\n`), line);
});

test('readTold() reads what is told, also by a version that tells more, and nothing else', t => {
  const told = proposerTold(proposer());
  t.deepEqual(readTold(Buffer.from(JSON.stringify({ ...told, later: 1 }))), JSON.parse(JSON.stringify(told)));
  for (const bad of ['', '{}', '[]', '{"role":"acceptor"}']) t.is(readTold(Buffer.from(bad)), undefined);
});

test('quantileMs() is within its bucket', t => {
  const ms = new Histogram(TIMES_MS);
  t.is(quantileMs({ bounds: [...ms.bounds], counts: [...ms.counts] }, 0.5), undefined);
  for (let i = 0; i < 99; i++) ms.count(3);
  ms.count(60_000);
  const latency = { bounds: [...ms.bounds], counts: [...ms.counts] };
  const median = quantileMs(latency, 0.5) ?? 0;
  t.true(median > 2.5 && median <= 5);
  t.is(quantileMs(latency, 1), 10_000, 'no more than the highest bound is known');
});

test('the log: one JSON object a line with the event in it, and a line for people', t => {
  const lines: string[] = [];
  const log = logTo({ write: line => void lines.push(line) }, 'a1');
  log('ready', { storeId: 'x' });
  log('storage_full', { why: 'no "space"', bytes: 0 });
  const [ready, full] = lines.map(line => JSON.parse(line));
  t.like(ready, { level: 'info', node: 'a1', event: 'ready', storeId: 'x' });
  t.like(full, { level: 'error', event: 'storage_full' });
  t.regex(ready.time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  t.regex(
    textOf(lines[1] ?? ''),
    /^\d\d:\d\d:\d\d\.\d{3} a1 ERROR storage_full why="no \\"space\\"" bytes=0\n$/,
  );
});

test('health: alive, ready or why not, and read only', async t => {
  let why: string | undefined = 'it waits for NATS';
  const health = { unready: () => why, metrics: new Metrics() };
  const server = await serveHealth({ host: '127.0.0.1', port: 0 }, health);
  t.teardown(() => server.close());
  const get = async (path: string, method = 'GET') => {
    const response = await fetch(server.url + path, { method });
    return [response.status, await response.text()] as const;
  };
  t.deepEqual(await get('/livez'), [200, 'ok\n']);
  t.deepEqual(await get('/readyz'), [503, 'it waits for NATS\n']);
  why = undefined;
  t.deepEqual(await get('/readyz?verbose'), [200, 'ok\n']);
  t.is((await get('/metrics'))[0], 200);
  t.is((await get('/metrics', 'POST'))[0], 405);
  t.is((await get('/elsewhere'))[0], 404);
  const taken = { host: '127.0.0.1', port: Number(new URL(server.url).port) };
  await t.throwsAsync(serveHealth(taken, health), { message: /Cannot serve HTTP at 127\.0\.0\.1:\d+/ });
});
