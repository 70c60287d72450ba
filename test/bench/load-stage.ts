// Everything that a load needs, in memory and in virtual time.

import { fill } from '../../src/bench/fill.ts';
import { Load } from '../../src/bench/load.ts';
import type { StepPlan } from '../../src/bench/place.ts';
import { Requests } from '../../src/bench/requests.ts';
import { workloadNamed } from '../../src/bench/workloads.ts';
import { Mailroom } from '../../src/client/mailroom.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';
import { ScriptedService } from './scripted-service.ts';
import { VirtualClock } from './virtual-clock.ts';

export const TIMEOUT_MS = 1000;

interface Wanted {
  readonly workload: string;
  readonly clients: number;
  readonly keys?: number;
  readonly rate?: number;
}

export class LoadStage {
  readonly clock = new VirtualClock();
  readonly service: ScriptedService;
  readonly load: Load;
  readonly plan: StepPlan;
  readonly #requests: Requests;

  constructor({ workload, clients, keys = 10, rate }: Wanted) {
    const broker = new MemoryBroker();
    this.service = new ScriptedService(broker.transport());
    this.#requests = new Requests(new Mailroom(broker.transport(), '_INBOX.t'), this.clock, TIMEOUT_MS);
    this.plan = {
      workload,
      proposer: 'service',
      clients,
      keys,
      valueBytes: 20,
      prefix: 'synod',
      run: 'r',
      step: 1,
    };
    const sessions = Array.from({ length: clients }, (_, client) =>
      workloadNamed(workload).session(this.plan, client),
    );
    this.load = new Load(this.#requests, this.clock, sessions, { rate: rate ?? null });
  }

  /** Writes what the workload wants to be there. */
  async fill(): Promise<void> {
    for (const filling of workloadNamed(this.plan.workload).fillings) {
      await fill(this.#requests, filling(this.plan), { first: 0, of: 1 }, () => undefined);
    }
  }

  /** In a closed loop in memory nothing takes time and nothing would end: `operations`, and then silence. */
  serveOnly(operations: number): void {
    let served = 0;
    this.service.behave = () => {
      served += 1;
      return served <= operations ? 'serve' : undefined;
    };
  }
}
