// What there is to see of a proposer: as metrics, and as it tells of itself when it is asked.

import { type Counted, together } from '../../actors/histogram.ts';
import type { Phase, RoundTally } from '../../actors/round-tally.ts';
import { WIRE_VERSION } from '../../transport/wire-version.ts';
import { Metrics } from '../process/metrics.ts';
import type { ProposerTold } from '../process/status.ts';
import { turnMetrics } from '../process/turn-metrics.ts';
import { collectionMetrics } from './collection-metrics.ts';
import { groupMetrics, groupsTold, mapTold, seenBy } from './group-sight.ts';
import type { RunningProposer, SeenEngine } from './proposer.ts';

type Seen = Pick<
  RunningProposer,
  'incarnation' | 'engine' | 'groups' | 'stats' | 'desk' | 'passes' | 'collected' | 'work'
>;

export interface ProposerSight extends Omit<Seen, 'groups'> {
  readonly groups: Omit<Seen['groups'], 'looked'>;
  readonly name: string;
  readonly cluster: string;
  readonly version: string;
  /** Where it answers HTTP. */
  readonly http: string | undefined;
  /** The changes of its user, as name@version. */
  readonly changes: readonly string[];
  readonly nowMs: () => number;
}

export function proposerTold(sight: ProposerSight): ProposerTold {
  const { name, incarnation, version, http, changes, engine, desk, passes, stats } = sight;
  const endpoints = [...stats.entries()].map(([, endpoint]) => endpoint);
  const bounds = endpoints[0]?.ms.bounds ?? [];
  const { epoch } = engine.configuration();
  const membership = engine.membership();
  return {
    role: 'proposer',
    name,
    incarnation,
    version,
    wire: WIRE_VERSION,
    epoch,
    members: membership && [...membership.members.keys()],
    isJoint: membership?.joint !== undefined,
    http,
    homes: passes.homeOf,
    floors: sumOf(sight, ({ rounds }) => rounds.inHand.floors),
    waiting: desk.waiting,
    requests: endpoints.reduce((sum, { requests }) => sum + requests, 0),
    results: resultsOf(sight),
    latency: {
      bounds: [...bounds],
      counts: [...bounds, 0].map((_, at) => endpoints.reduce((sum, { ms }) => sum + (ms.counts[at] ?? 0), 0)),
    },
    longestGapMs: { lastMinute: gapMs(sight), ever: stats.gaps.longestMs },
    acceptors: seenBy(engine, sight.nowMs()),
    changes: [...changes],
    peers: Object.fromEntries(passes.fellows),
    groups: groupsTold(sight),
    map: mapTold(sight),
  };
}

/** Of the engines of all groups. */
function sumOf({ groups }: ProposerSight, of: (engine: SeenEngine) => number): number {
  return [...groups.engines.values()].reduce((sum, engine) => sum + of(engine), 0);
}

function togetherOf({ engine, groups }: ProposerSight, of: (tally: RoundTally) => Counted): Counted {
  const others = [...groups.engines.values()].filter(other => other !== engine);
  return together([of(engine.rounds.tally), ...others.map(({ rounds }) => of(rounds.tally))]);
}

function resultsOf({ stats }: ProposerSight): Record<string, number> {
  const results: Record<string, number> = {};
  const add = (code: string, count: number): void => {
    results[code] = (results[code] ?? 0) + count;
  };
  for (const [, endpoint] of stats.entries()) for (const [code, count] of endpoint.results) add(code, count);
  for (const [code, count] of stats.turnedAway) add(code, count);
  return results;
}

function gapMs({ stats, desk, nowMs }: ProposerSight): number {
  return stats.gaps.ofLastMinuteMs(nowMs(), desk.waitsSinceMs);
}

const PHASES: Readonly<Record<Phase, string>> = {
  reading: 'read',
  fetching: 'fetch',
  preparing: 'prepare',
  accepting: 'accept',
};

export function proposerMetrics(sight: ProposerSight): Metrics {
  const metrics = new Metrics();
  const { name, cluster, version, changes, engine, desk, passes } = sight;
  const labels = { role: 'proposer', name, cluster, version, changes: changes.join(',') };
  metrics.gauge({ name: 'synod_info', help: 'What this process is', labels: Object.keys(labels) }, () => [
    { labels, value: 1 },
  ]);
  metrics.gauge(
    { name: 'synod_epoch', help: 'The epoch of the cluster (its first group) that it is in' },
    () => engine.configuration().epoch,
  );
  requestMetrics(metrics, sight);
  roundMetrics(metrics, sight);
  groupMetrics(metrics, sight);
  turnMetrics(metrics, () => {
    const others = [...sight.groups.engines.values()].filter(other => other !== engine);
    return [engine.turns, ...others.map(({ turns }) => turns)];
  });
  metrics.gauge(
    { name: 'synod_requests_waiting', help: 'Requests of clients without an answer yet' },
    () => desk.waiting,
  );
  metrics.gauge(
    { name: 'synod_passes_waiting', help: 'Requests passed to other proposers and not acknowledged yet' },
    () => passes.waiting,
  );
  metrics.gauge({ name: 'synod_home_partitions', help: 'Partitions whose home it is' }, () => passes.homeOf);
  collectionMetrics(metrics, sight.collected);
  return metrics;
}

function requestMetrics(metrics: Metrics, sight: ProposerSight): void {
  const { stats } = sight;
  metrics.counter(
    {
      name: 'synod_requests_total',
      help: 'Requests that were answered, by operation and result: ok, or the code of the error',
      labels: ['operation', 'result'],
    },
    () =>
      [...stats.entries()].flatMap(([operation, { results }]) =>
        [...results].map(([result, value]) => ({ labels: { operation, result }, value })),
      ),
  );
  metrics.counter(
    {
      name: 'synod_requests_turned_away_total',
      help: 'Requests that were not tried, by the code of the error',
      labels: ['result'],
    },
    () => [...stats.turnedAway].map(([result, value]) => ({ labels: { result }, value })),
  );
  metrics.histogram(
    {
      name: 'synod_request_duration_seconds',
      help: 'From the arrival of a request to its answer, by operation',
      labels: ['operation'],
    },
    0.001,
    () =>
      [...stats.entries()].flatMap(([operation, { ms, requests }]) =>
        requests > 0 ? [[{ operation }, ms]] : [],
      ),
  );
  metrics.gauge(
    {
      name: 'synod_longest_gap_seconds',
      help: 'The longest time of the last minute in which a request waited and none was served',
    },
    () => gapMs(sight) / 1000,
  );
}

function roundMetrics(metrics: Metrics, sight: ProposerSight): void {
  const phases = Object.entries(PHASES) as [Phase, string][];
  metrics.histogram(
    {
      name: 'synod_phase_duration_seconds',
      help: 'From the first message of a phase to the votes that decided it',
      labels: ['phase'],
    },
    0.001,
    () =>
      phases.map(([phase, shown]) => [{ phase: shown }, togetherOf(sight, ({ phaseMs }) => phaseMs[phase])]),
  );
  metrics.counter(
    {
      name: 'synod_phases_lost_total',
      help: 'Phases that were begun again for a conflict, or for want of votes',
      labels: ['phase'],
    },
    () =>
      phases.map(([phase, shown]) => {
        return { labels: { phase: shown }, value: sumOf(sight, ({ rounds }) => rounds.tally.lost[phase]) };
      }),
  );
  metrics.counter({ name: 'synod_resends_total', help: 'Times that silent acceptors were asked again' }, () =>
    sumOf(sight, ({ rounds }) => rounds.tally.resends),
  );
  metrics.counter(
    {
      name: 'synod_reserve_asked_total',
      help: 'Times that acceptors which were not asked at once had to be: without them it was not decided, or another was late',
      labels: ['why'],
    },
    () =>
      (['undecided', 'late'] as const).map(why => {
        const value = sumOf(sight, ({ rounds }) => rounds.tally.reserveAsked[why]);
        return { labels: { why }, value };
      }),
  );
  metrics.histogram({ name: 'synod_batch_requests', help: 'Requests that share a round' }, 1, () => [
    [{}, togetherOf(sight, ({ batches }) => batches)],
  ]);
  metrics.gauge({ name: 'synod_registers_in_flight', help: 'Registers that it works on' }, () =>
    sumOf(sight, ({ rounds }) => rounds.inHand.registers),
  );
  metrics.gauge({ name: 'synod_floors_held', help: 'Partitions that it holds the floor of' }, () =>
    sumOf(sight, ({ rounds }) => rounds.inHand.floors),
  );
}
