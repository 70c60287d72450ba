// A benchmark: every workload with every number of clients, one after another, each on a service at rest. Fills
// in what a workload needs, warms up, and takes samples of the processes at both ends of the measured time.

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterFile } from '../node/local/cluster-file.ts';
import type { BenchConfig } from './bench-config.ts';
import type { LoadThreads } from './load-threads.ts';
import { type MessageCounts, messageCounts } from './nats-monitor.ts';
import type { Proposer, StepPlan } from './place.ts';
import { type Usage, usageOf } from './process-usage.ts';
import { type StepResult, stepResult } from './step-result.ts';
import { workloadNamed } from './workloads.ts';

/** What can be told about the service beside its answers. */
export interface Surroundings {
  /** Its processes now; undefined when they are not known. */
  readonly members: () => ClusterFile | undefined;
  /** The URL of the monitoring of its nats-server. */
  readonly monitor: string | null;
}

export interface BenchHooks {
  /** A step has got on; called a few times a second. */
  readonly onProgress: (progress: StepProgress) => void;
  readonly onResult: (result: StepResult) => void;
}

export interface StepProgress {
  readonly workload: string;
  readonly proposer: Proposer;
  readonly clients: number;
  readonly phase: 'filling' | 'warming up' | 'measuring' | 'finishing';
  /** Since the phases `filling` and `warming up` began. */
  readonly ended: number;
  readonly failed: number;
}

interface Sample {
  readonly usage: Usage;
  readonly messages: MessageCounts | null;
}

const PROGRESS_MS = 250;

export class Bench {
  readonly #config: BenchConfig;
  readonly #threads: LoadThreads;
  readonly #around: Surroundings;
  readonly #hooks: BenchHooks;
  readonly #run = randomBytes(4).toString('hex');
  readonly #filled = new Set<string>();
  #step = 0;

  constructor(config: BenchConfig, threads: LoadThreads, around: Surroundings, hooks: BenchHooks) {
    this.#config = config;
    this.#threads = threads;
    this.#around = around;
    this.#hooks = hooks;
  }

  /** @throws Error when registers that must be there cannot be written, or a thread of the load fails. */
  async run(): Promise<void> {
    for (const workload of this.#config.workloads) {
      for (const clients of this.#config.clients) {
        for (const proposer of this.#config.proposers) {
          this.#hooks.onResult(await this.#measure(this.#plan(workload, clients, proposer)));
        }
      }
    }
  }

  #plan(workload: string, clients: number, proposer: Proposer): StepPlan {
    const { keys, valueBytes, prefix } = this.#config;
    this.#step += 1;
    return { workload, proposer, clients, keys, valueBytes, prefix, run: this.#run, step: this.#step };
  }

  async #measure(plan: StepPlan): Promise<StepResult> {
    const { rate, warmUpMs, durationMs } = this.#config;
    await this.#during(plan, 'filling', this.#fill(plan));
    this.#threads.start(plan, rate);
    await this.#during(plan, 'warming up', sleep(warmUpMs));
    const before = await this.#sample();
    this.#threads.measure();
    await this.#during(plan, 'measuring', sleep(durationMs));
    const finished = this.#threads.finish();
    const after = await this.#sample();
    const tally = await this.#during(plan, 'finishing', finished);
    return stepResult({ plan, rate, tally, before, after });
  }

  /** Fillings that several workloads use are written once. */
  async #fill(plan: StepPlan): Promise<void> {
    for (const [index, filling] of workloadNamed(plan.workload).fillings.entries()) {
      const { name } = filling(plan);
      if (this.#filled.has(name)) continue;
      await this.#threads.fill(plan, index);
      this.#filled.add(name);
    }
  }

  async #sample(): Promise<Sample> {
    const { members, monitor } = this.#around;
    // The benchmark goes on when the monitoring does not answer; the report says that it is not known.
    const messages = monitor === null ? null : messageCounts(monitor).catch(() => null);
    return { usage: usageOf(members()), messages: await messages };
  }

  /** Tells how far it is until the work is done. */
  async #during<Result>(
    { workload, proposer, clients }: StepPlan,
    phase: StepProgress['phase'],
    work: Promise<Result>,
  ): Promise<Result> {
    const timer = setInterval(() => {
      this.#hooks.onProgress({ workload, proposer, clients, phase, ...this.#threads.progress });
    }, PROGRESS_MS);
    try {
      return await Promise.race([work, this.#threads.failure()]);
    } finally {
      clearInterval(timer);
    }
  }
}
