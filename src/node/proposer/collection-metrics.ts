// What a proposer's collector has done, as metrics. How many registers wait to be collected the acceptors tell (uncollected.ts).

import type { Metrics } from '../process/metrics.ts';
import type { CollectorCounts } from '../scan/collector-counts.ts';

export function collectionMetrics(metrics: Metrics, counts: CollectorCounts): void {
  metrics.counter(
    { name: 'synod_collected_registers_total', help: 'Deleted registers that all acceptors dropped for it' },
    () => counts.collected,
  );
  metrics.counter(
    {
      name: 'synod_expired_registers_total',
      help: 'Registers that it made unset because their time was over and nobody had asked for them since',
    },
    () => counts.expired,
  );
  metrics.counter(
    {
      name: 'synod_collections_total',
      help: 'Times that it went through a partition for what may be collected (done), or left it for later because an acceptor was silent or members changed (put_off)',
      labels: ['result'],
    },
    () => [
      { labels: { result: 'done' }, value: counts.partitions },
      { labels: { result: 'put_off' }, value: counts.putOff },
    ],
  );
}
