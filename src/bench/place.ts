// Where the load works: the subjects and bodies of its requests, and the keys of a run, which no other run uses.

import { requestSubject } from '../transport/subjects.ts';
import type { Ask } from './requests.ts';

/** Who proposes: the proposers behind NATS, or one in each thread of the load. */
export type Proposer = 'service' | 'embedded';

/** One measured step: a workload with a number of clients. Posted to the threads that make the load. */
export interface StepPlan {
  readonly workload: string;
  readonly proposer: Proposer;
  /** All of them, over all threads. */
  readonly clients: number;
  readonly keys: number;
  readonly valueBytes: number;
  readonly prefix: string;
  /** Names this run in all of its keys. */
  readonly run: string;
  /** Counts the steps of the run: some workloads want keys that no earlier step touched. */
  readonly step: number;
}

export const NO_BODY = new Uint8Array(0);

/** The same text of `bytes` characters as long as the process lives. */
export function textOf({ valueBytes }: StepPlan): string {
  return 'x'.repeat(valueBytes);
}

export function jsonBody(body: object): Uint8Array {
  return Buffer.from(JSON.stringify(body));
}

/** @param family tells keys of different use apart */
export function subjectOf(plan: StepPlan, operation: string, family: string, key: number | string): string {
  return requestSubject(plan.prefix, operation, `bench.${plan.run}.${family}.${key}`);
}

export function ask(subject: string, bytes: Uint8Array): Ask {
  return { subject, bytes };
}
