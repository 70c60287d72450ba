// What every system is put through, and with how many clients.

import type { StepPlan } from '../../../src/bench/place.ts';
import type { Session } from '../../../src/bench/workloads.ts';
import type { KeyValueLoads } from './key-value.ts';

const CLIENTS = [1, 64, 256];

export const WORKLOAD_CLIENTS: Readonly<Record<string, readonly number[]>> = {
  create: CLIENTS,
  cas: CLIENTS,
  read: CLIENTS,
  contended: [8],
};

/** These are measured once more, in an open loop at half of their highest rate. */
export const PACED: readonly string[] = ['create', 'cas', 'read'];

export function sessionsOf<Request, Reply>(
  loads: KeyValueLoads<Request, Reply>,
  plan: StepPlan,
): readonly Session<Request, Reply>[] {
  return Array.from({ length: plan.clients }, (_, client) => loads.session(plan, client));
}
