// A running system that is a key-value store with revisions, whatever carries its requests.

import { steadyClock } from '../../../src/bench/bench-clock.ts';
import { Load } from '../../../src/bench/load.ts';
import type { Sender } from '../../../src/bench/requests.ts';
import { type KeyValue, KeyValueLoads } from './key-value.ts';
import type { RunningSystem } from './system.ts';
import { sessionsOf } from './workloads.ts';

export function keyValueSystem<Request, Reply>(
  store: KeyValue<Request, Reply>,
  sender: Sender<Request, Reply>,
  served: Pick<RunningSystem, 'version' | 'servers' | 'close'>,
): RunningSystem {
  const loads = new KeyValueLoads(store, sender);
  return {
    ...served,
    prepare: plan => loads.prepare(plan),
    load: (plan, pace) => new Load(sender, steadyClock(), sessionsOf(loads, plan), pace),
    lostUpdates: plan => loads.lostUpdates(plan),
  };
}
