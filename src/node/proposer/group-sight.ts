// What there is to see of the groups of acceptors by a proposer: which there are, what each keeps, what is on its way, and
// what it saw of the acceptors of each.

import { FIRST_GROUP, groupsValue, movesBetween, shareOf } from '../../protocol/group-map.ts';
import type { Metrics } from '../process/metrics.ts';
import type { ProposerTold } from '../process/status.ts';
import type { RunningProposer, SeenEngine } from './proposer.ts';

interface Sight extends Pick<RunningProposer, 'engine' | 'work'> {
  readonly groups: Omit<RunningProposer['groups'], 'looked'>;
  readonly nowMs: () => number;
}

/** Undefined while it knows of one alone. */
export function groupsTold({ groups, work, nowMs }: Sight): ProposerTold['groups'] {
  const { map, engines } = groups;
  if (map.groups.size === 1) return undefined;
  const told: NonNullable<ProposerTold['groups']> = {};
  for (const [name, first] of map.groups) {
    const engine = engines.get(name);
    const { epoch, acceptors, joint } = engine?.configuration() ?? {
      epoch: 0,
      acceptors: first,
      joint: undefined,
    };
    const seen = engine === undefined ? {} : seenBy(engine, nowMs());
    told[name] = {
      acceptors: [...acceptors],
      epoch,
      isJoint: joint !== undefined,
      ...shareOf(map, name),
      erased: work.get(name)?.erasing.erased ?? 0,
      toErase: work.get(name)?.erasing.left ?? 0,
      seen,
    };
  }
  return told;
}

/** Undefined while it has heard of none. */
export function mapTold({ groups: { map, version } }: Sight): ProposerTold['map'] {
  return version === 0 ? undefined : { version, value: groupsValue(map) };
}

/** Who has accepted less than the others has missed messages: it was away, or is slow. */
export function seenBy({ rounds }: Pick<SeenEngine, 'rounds'>, nowMs: number): ProposerTold['acceptors'] {
  const { acceptors } = rounds.tally;
  const most = Math.max(0, ...[...acceptors.values()].map(({ accepted }) => accepted));
  const seen = [...acceptors].map(([id, { accepted, heardAtMs }]) => {
    const told = { commits: rounds.commitsOf(id), missed: most - accepted, heardMsAgo: nowMs - heardAtMs };
    return [id, told] as const;
  });
  return Object.fromEntries(seen);
}

export function groupMetrics(metrics: Metrics, { groups, engine, work, nowMs }: Sight): void {
  const perGroup = (of: (group: string) => number) =>
    [...groups.map.groups.keys()].map(group => ({ labels: { group }, value: of(group) }));
  metrics.gauge(
    { name: 'synod_group_partitions', help: 'Partitions that a group keeps', labels: ['group'] },
    () => perGroup(group => shareOf(groups.map, group).partitions),
  );
  metrics.gauge(
    {
      name: 'synod_group_epoch',
      help: 'The epoch of a group, as this proposer knows it; 0 while it knows none',
      labels: ['group'],
    },
    () => perGroup(group => engineOf(group)?.configuration().epoch ?? 0),
  );
  metrics.gauge(
    {
      name: 'synod_partitions_moving',
      help: 'Partitions on their way from one group to another',
      labels: ['from', 'to'],
    },
    () =>
      movesBetween(groups.map).map(({ from, to, partitions }) => ({
        labels: { from, to },
        value: partitions,
      })),
  );
  metrics.counter(
    {
      name: 'synod_registers_erased_total',
      help: 'Registers of partitions that were moved away, which it had erased where they were',
      labels: ['group'],
    },
    () => perGroup(group => work.get(group)?.erasing.erased ?? 0),
  );
  metrics.gauge(
    {
      name: 'synod_partitions_to_erase',
      help: 'Partitions that were moved, and that it still has to look through for what is left where they were',
      labels: ['group'],
    },
    () => perGroup(group => work.get(group)?.erasing.left ?? 0),
  );
  metrics.gauge(
    {
      name: 'synod_requests_held_by_moves',
      help: 'Requests that wait for their keys to be brought, or for a newer map of the groups',
    },
    () => groups.waiting,
  );
  metrics.counter(
    {
      name: 'synod_group_events_total',
      help: 'What happened to keys that move, and to the map of the groups, at this proposer',
      labels: ['event'],
    },
    () => [...groups.events].map(([event, value]) => ({ labels: { event }, value })),
  );
  metrics.gauge(
    {
      name: 'synod_acceptor_missed_values',
      help: 'Values that an acceptor accepted less than the one of its group that accepted most, as this proposer saw',
      labels: ['group', 'acceptor'],
    },
    () =>
      [...groups.map.groups.keys()].flatMap(group => {
        const own = engineOf(group);
        if (own === undefined) return [];
        return Object.entries(seenBy(own, nowMs())).map(([acceptor, { missed }]) => {
          return { labels: { group, acceptor }, value: missed };
        });
      }),
  );
  function engineOf(group: string): SeenEngine | undefined {
    return group === FIRST_GROUP ? engine : groups.engines.get(group);
  }
}
