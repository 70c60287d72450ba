// What is measured: a system that is started for it, and the loads that it can be put under. Implementations:
// synod, etcd, jetstream, and the floors under all of them.

import type { Pace, Tally } from '../../../src/bench/load.ts';
import type { StepPlan } from '../../../src/bench/place.ts';

export interface System {
  readonly name: string;
  /** Workloads in the order in which they are measured, each with its numbers of clients. */
  readonly workloads: Readonly<Record<string, readonly number[]>>;
  /** @param directory empty, and the system's own. @throws Error when it cannot be started. */
  start(directory: string): Promise<RunningSystem>;
}

export interface RunningSystem {
  /** The server's program and version, as the table tells it. */
  readonly version: string;
  /** All processes that serve, by kind; empty where the work is done in this process. */
  readonly servers: Readonly<Record<string, readonly number[]>>;
  /** Writes what a step wants to be there. */
  prepare(plan: StepPlan): Promise<void>;
  load(plan: StepPlan, pace: Pace): RunnableLoad;
  /** After a step: how many acknowledged updates are not there; null where it was not counted. */
  lostUpdates(plan: StepPlan): Promise<number | null>;
  close(): Promise<void>;
}

/** A Load, whatever its requests are. */
export interface RunnableLoad {
  start(): void;
  measure(): void;
  finish(): Promise<Tally>;
}
