// What one step came to, in the shape of the JSON report.

import { type LatencySummary, summaryOf } from './latencies.ts';
import type { Tally } from './load.ts';
import type { MessageCounts } from './nats-monitor.ts';
import { type Counts, isRefusal } from './outcome.ts';
import type { Proposer, StepPlan } from './place.ts';
import { cpuBetween, ROLES, type Role, type Usage } from './process-usage.ts';

/** Null stands for what is not known. */
export interface StepResult {
  readonly workload: string;
  readonly proposer: Proposer;
  readonly clients: number;
  /** Operations per second that were to begin; null for a closed loop. */
  readonly rate: number | null;
  readonly seconds: number;
  /** Operations that succeeded within the measured time, per second. */
  readonly throughput: number;
  /** Operations that were to begin within the measured time, and how they ended; the three add up. */
  readonly operations: number;
  readonly succeeded: number;
  /** By code: definite answers of a register that stood, such as a conflict. */
  readonly refused: Counts;
  /** By code: everything else. */
  readonly errors: Counts;
  /** Milliseconds, over these operations, whatever they came to. */
  readonly latencyMs: LatencySummary | null;
  /** Operations of an open loop that waited for a free client. Their wait is in the latency. */
  readonly waited: number;
  /** Operations of an open loop that the load began more than 5 ms late by itself: it had too little CPU. */
  readonly late: number;
  /** CPU milliseconds per 1,000 operations that ended within the measured time. */
  readonly cpuMsPerThousand: Readonly<Record<Role, number | null>>;
  /** At the end of the measured time. */
  readonly residentBytes: Readonly<Record<Role, number | null>>;
  /** NATS messages per operation that ended within the measured time. */
  readonly messagesPerOperation: (MessageCounts & { readonly total: number }) | null;
}

interface Sample {
  readonly usage: Usage;
  readonly messages: MessageCounts | null;
}

interface Measured {
  readonly plan: StepPlan;
  readonly rate: number | null;
  readonly tally: Tally;
  readonly before: Sample;
  readonly after: Sample;
}

export function stepResult({ plan, rate, tally, before, after }: Measured): StepResult {
  const { outcomes, ended, latencies } = tally;
  const seconds = tally.windowMs / 1000;
  return {
    workload: plan.workload,
    proposer: plan.proposer,
    clients: plan.clients,
    rate,
    seconds,
    throughput: tally.succeeded / seconds,
    operations: latencies.count,
    succeeded: outcomes.ok ?? 0,
    refused: some(outcomes, isRefusal),
    errors: some(outcomes, code => code !== 'ok' && !isRefusal(code)),
    latencyMs: summaryOf(latencies),
    waited: tally.waited,
    late: tally.late,
    cpuMsPerThousand: perRole(role => {
      const cpuMs = cpuBetween(before.usage[role], after.usage[role]);
      return cpuMs === null || ended === 0 ? null : (cpuMs / ended) * 1000;
    }),
    residentBytes: perRole(role => after.usage[role]?.residentBytes ?? null),
    messagesPerOperation: messagesBetween(before.messages, after.messages, ended),
  };
}

function some(counts: Counts, isWanted: (code: string) => boolean): Counts {
  return Object.fromEntries(Object.entries(counts).filter(([code]) => isWanted(code)));
}

function perRole(figure: (role: Role) => number | null): Readonly<Record<Role, number | null>> {
  const [natsServer, acceptors, proposers, client] = ROLES.map(figure);
  return {
    natsServer: natsServer ?? null,
    acceptors: acceptors ?? null,
    proposers: proposers ?? null,
    client: client ?? null,
  };
}

function messagesBetween(
  before: MessageCounts | null,
  after: MessageCounts | null,
  ended: number,
): StepResult['messagesPerOperation'] {
  if (before === null || after === null || ended === 0) return null;
  const published = (after.published - before.published) / ended;
  const delivered = (after.delivered - before.delivered) / ended;
  return { published, delivered, total: published + delivered };
}
