// One thread of the load: a NATS connection, one inbox, and its share of the clients. Does as it is ordered.

import { randomBytes } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { Mailroom } from '../client/mailroom.ts';
import { connectNats, type NatsTransport } from '../transport/nats-transport.ts';
import { steadyClock } from './bench-clock.ts';
import { fill } from './fill.ts';
import { Load } from './load.ts';
import type { StepPlan } from './place.ts';
import { Requests } from './requests.ts';
import type { Notice, Order, ThreadData } from './thread-messages.ts';
import { workloadNamed } from './workloads.ts';

const PROGRESS_MS = 250;

class LoadThread {
  readonly #share: ThreadData;
  readonly #transport: NatsTransport;
  readonly #requests: Requests;
  readonly #clock = steadyClock();
  #load: Load | undefined;
  #written = 0;

  constructor(share: ThreadData, transport: NatsTransport) {
    this.#share = share;
    this.#transport = transport;
    const mailroom = new Mailroom(transport, `_INBOX.${randomBytes(8).toString('hex')}`);
    this.#requests = new Requests(mailroom, this.#clock, share.timeoutMs);
    setInterval(() => this.#tellProgress(), PROGRESS_MS);
  }

  async obey(order: Order): Promise<void> {
    switch (order.kind) {
      case 'fill':
        await this.#fill(order.plan, order.filling);
        return tell({ kind: 'filled' });
      case 'start':
        return this.#start(order.plan, order.rate);
      case 'measure':
        return this.#load?.measure();
      case 'finish':
        if (this.#load === undefined) throw new Error('There is no load to finish');
        return tell({ kind: 'tally', tally: await this.#load.finish() });
      case 'close':
        await this.#transport.close();
        return tell({ kind: 'closed' });
    }
  }

  async #fill(plan: StepPlan, index: number): Promise<void> {
    const filling = workloadNamed(plan.workload).fillings[index]?.(plan);
    if (filling === undefined) throw new Error(`${plan.workload} has no filling ${index}`);
    this.#load = undefined;
    this.#written = 0;
    const { thread, threads } = this.#share;
    await fill(this.#requests, filling, { first: thread, of: threads }, () => {
      this.#written += 1;
    });
  }

  #start(plan: StepPlan, rate: number | null): void {
    const { thread, threads } = this.#share;
    const workload = workloadNamed(plan.workload);
    const sessions = [];
    for (let client = thread; client < plan.clients; client += threads) {
      sessions.push(workload.session(plan, client));
    }
    this.#load = new Load(this.#requests, this.#clock, sessions, { rate });
    this.#load.start();
  }

  #tellProgress(): void {
    tell({ kind: 'progress', ...(this.#load?.progress ?? { ended: this.#written, failed: 0 }) });
  }
}

function tell(notice: Notice): void {
  parentPort?.postMessage(notice);
}

function fail(error: unknown): void {
  tell({ kind: 'failed', why: error instanceof Error ? error.message : String(error) });
}

async function run(share: ThreadData): Promise<void> {
  const transport = await connectNats(share.nats);
  const thread = new LoadThread(share, transport);
  parentPort?.on('message', (order: Order) => thread.obey(order).catch(fail));
  tell({ kind: 'connected' });
}

run(workerData).catch(fail);
