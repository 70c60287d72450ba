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

/** A step in an open loop. */
interface PacedStep {
  /** Of the highest rate that the workload had in a closed one. */
  readonly share: number;
  /** How many may be in hand at once, for each client that this rate was had with. */
  readonly inHand: number;
}

const HALF: PacedStep = { share: 0.5, inHand: 1 };
/** Nearly all that can be served, by clients that do not wait for each other: who asks again too soon makes it worse there. */
const CROWD: PacedStep = { share: 0.8, inHand: 4 };

export const PACED: Readonly<Record<string, readonly PacedStep[]>> = {
  create: [HALF],
  cas: [HALF, CROWD],
  read: [HALF],
};

export function sessionsOf<Request, Reply>(
  loads: KeyValueLoads<Request, Reply>,
  plan: StepPlan,
): readonly Session<Request, Reply>[] {
  return Array.from({ length: plan.clients }, (_, client) => loads.session(plan, client));
}
