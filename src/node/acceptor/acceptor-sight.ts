// What there is to see of an acceptor: as metrics, and as it tells of itself when it is asked.

import { STANDING_STATUSES } from '../../actors/standing.ts';
import { groupOf } from '../../protocol/group-map.ts';
import { WIRE_VERSION } from '../../transport/wire-version.ts';
import { Metrics } from '../process/metrics.ts';
import type { AcceptorTold } from '../process/status.ts';
import { turnMetrics } from '../process/turn-metrics.ts';
import type { RunningAcceptor } from './acceptor.ts';
import type { DiskUse } from './disk-use.ts';

type Seen = Pick<RunningAcceptor, 'standing' | 'turns' | 'replies' | 'uncollected'>;

export interface AcceptorSight extends Seen {
  readonly id: string;
  readonly cluster: string;
  readonly version: string;
  /** Where it answers HTTP. */
  readonly http: string | undefined;
  readonly disk: () => Promise<DiskUse>;
}

export async function acceptorTold({
  id,
  version,
  http,
  standing,
  turns,
  uncollected,
  disk,
}: AcceptorSight): Promise<AcceptorTold> {
  const { status, doubt: why = '', epoch, membership, stamp } = standing;
  return {
    role: 'acceptor',
    id,
    status,
    why,
    version,
    wire: WIRE_VERSION,
    epoch,
    members: membership && [...membership.members.keys()],
    isJoint: membership?.joint !== undefined,
    http,
    store: stamp.store,
    commits: stamp.commits,
    waiting: turns.waiting,
    uncollected: uncollected.registers,
    disk: await disk(),
  };
}

export function acceptorMetrics(sight: AcceptorSight): Metrics {
  const metrics = new Metrics();
  const { id, cluster, version, standing, turns, replies, uncollected, disk } = sight;
  const info = { labels: { role: 'acceptor', name: id, cluster, version }, value: 1 };
  metrics.gauge(
    { name: 'synod_info', help: 'What this process is', labels: ['role', 'name', 'cluster', 'version'] },
    () => [info],
  );
  metrics.gauge(
    { name: 'synod_epoch', help: 'The epoch of the cluster that it is in' },
    () => standing.epoch,
  );
  metrics.gauge(
    {
      name: 'synod_acceptor_status',
      help: '1 for the status that it has; it serves while that is voting',
      labels: ['status'],
    },
    () =>
      STANDING_STATUSES.map(status => ({ labels: { status }, value: status === standing.status ? 1 : 0 })),
  );
  metrics.counter(
    { name: 'synod_acceptor_commits_total', help: 'Commits of its file since that was made' },
    () => standing.stamp.commits,
  );
  metrics.counter(
    { name: 'synod_acceptor_replies_total', help: 'What it answered, by kind', labels: ['kind'] },
    () => Object.entries(replies).map(([kind, value]) => ({ labels: { kind }, value })),
  );
  metrics.gauge(
    {
      name: 'synod_uncollected_registers',
      help: 'Deleted registers of its group that take space until they are collected, as it held them when a collector last went through',
      labels: ['group'],
    },
    () => [{ labels: { group: groupOf(cluster) }, value: uncollected.registers }],
  );
  turnMetrics(metrics, () => [turns]);
  metrics.gauge(
    { name: 'synod_disk_used_bytes', help: 'What its file takes, with the WAL' },
    async () => (await disk()).bytes,
  );
  metrics.gauge(
    { name: 'synod_disk_free_bytes', help: 'What is free where its file is' },
    async () => (await disk()).freeBytes,
  );
  metrics.histogram(
    { name: 'synod_commit_duration_seconds', help: 'What a commit took until it was durable' },
    0.001,
    () => [[{}, turns.tally.commitMs]],
  );
  metrics.histogram({ name: 'synod_commit_rows', help: 'Registers and floors in a commit' }, 1, () => [
    [{}, turns.tally.rows],
  ]);
  return metrics;
}
