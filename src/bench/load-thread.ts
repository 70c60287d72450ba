// One thread of the load: a NATS connection, one inbox, and its share of the clients. Does as it is ordered.

import { randomBytes } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../actors/clock.ts';
import { Mailroom } from '../client/mailroom.ts';
import { EmbeddedProposer } from '../embedded/embedded-proposer.ts';
import type { Membership } from '../node/local/directory-record.ts';
import { BUILT_IN_CHANGES } from '../protocol/changes.ts';
import { FIRST_EPOCH } from '../protocol/quorum.ts';
import { connectNats, type NatsTransport } from '../transport/nats-transport.ts';
import { steadyClock } from './bench-clock.ts';
import { embeddedMailroom } from './embedded-mailroom.ts';
import { fill } from './fill.ts';
import { Load } from './load.ts';
import type { Proposer, StepPlan } from './place.ts';
import { Requests } from './requests.ts';
import type { Notice, Order, ThreadData } from './thread-messages.ts';
import { workloadNamed } from './workloads.ts';

const PROGRESS_MS = 250;
/** As `synod proposer` has them by default. */
const EMBEDDED_LIMITS = { valueBytesMax: 262_144, requestsMax: 4096, memoryBytesMax: 1 << 26 };

class LoadThread {
  readonly #share: ThreadData;
  readonly #transport: NatsTransport;
  readonly #requests: Readonly<Record<Proposer, Requests | undefined>>;
  readonly #clock = steadyClock();
  #load: Load | undefined;
  #written = 0;

  constructor(share: ThreadData, transport: NatsTransport) {
    this.#share = share;
    this.#transport = transport;
    const mailroom = new Mailroom(transport, `_INBOX.${randomBytes(8).toString('hex')}`);
    const requestsBy = (way: Pick<Mailroom, 'request'>) => new Requests(way, this.#clock, share.timeoutMs);
    const { embedded, prefix } = share;
    this.#requests = {
      service: requestsBy(mailroom),
      embedded:
        embedded === undefined
          ? undefined
          : requestsBy(embeddedMailroom(proposerOf(embedded, prefix, transport), prefix)),
    };
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
    await fill(this.#requestsOf(plan), filling, { first: thread, of: threads }, () => {
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
    this.#load = new Load(this.#requestsOf(plan), this.#clock, sessions, { rate });
    this.#load.start();
  }

  #requestsOf({ proposer }: StepPlan): Requests {
    const requests = this.#requests[proposer];
    if (requests === undefined) throw new Error(`There is no ${proposer} proposer in this thread`);
    return requests;
  }

  #tellProgress(): void {
    tell({ kind: 'progress', ...(this.#load?.progress ?? { ended: this.#written, failed: 0 }) });
  }
}

function proposerOf(
  { cluster, acceptors }: Membership,
  prefix: string,
  transport: NatsTransport,
): EmbeddedProposer {
  return new EmbeddedProposer({
    prefix,
    configuration: { cluster, epoch: FIRST_EPOCH, acceptors },
    limits: EMBEDDED_LIMITS,
    collects: false,
    changes: BUILT_IN_CHANGES,
    transport,
    clock: systemClock(),
    log: (event, fields) => {
      if (event === 'failed') fail(new Error(`The embedded proposer failed: ${fields?.why}`));
    },
  });
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
