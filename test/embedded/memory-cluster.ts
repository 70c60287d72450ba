// Acceptors, proposers and clients of both kinds over one broker in memory. Time is real.

import { randomBytes } from 'node:crypto';
import { systemClock } from '../../src/actors/clock.ts';
import { Client } from '../../src/client/client.ts';
import { NatsService } from '../../src/client/nats-service.ts';
import { EmbeddedProposer } from '../../src/embedded/embedded-proposer.ts';
import { type RunningAcceptor, startAcceptor } from '../../src/node/acceptor/acceptor.ts';
import { type RunningProposer, startProposer } from '../../src/node/proposer/proposer.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import { MEMORY_NAME } from '../../src/storage/memory-record.ts';
import { MemoryStore } from '../../src/storage/memory-store.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { formedSlot, storeOf } from '../actors/standings.ts';
import { CutTransport } from '../transport/cut-transport.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';

const CONFIGURATION = { cluster: 'test', epoch: 1, acceptors: ['a1', 'a2', 'a3'] };
export const VALUE_BYTES_MAX = 1000;

/** Where a cluster was formed, if there are several. */
export interface Origin {
  readonly name?: string;
  readonly broker?: Pick<MemoryBroker, 'transport'>;
  /** That it is in by now. */
  readonly epoch?: number;
}

/** What stops the acceptors of all clusters. */
const STOPS: (() => void)[] = [];

export function stopAcceptors(): void {
  for (const stop of STOPS.splice(0)) stop();
}

export class MemoryCluster {
  readonly broker: Pick<MemoryBroker, 'transport'>;
  readonly failures: unknown[] = [];
  readonly stores = new Map<string, MemoryStore>();
  readonly acceptors = new Map<string, RunningAcceptor>();
  /** The connection of each acceptor. */
  readonly links = new Map<string, CutTransport>();
  /** By how much the clocks of all nodes are ahead of time. */
  aheadMs = 0;
  readonly #clock = systemClock();
  readonly #origin: Origin;

  constructor(origin: Origin = {}) {
    this.#origin = origin;
    this.broker = origin.broker ?? new MemoryBroker();
  }

  /** @param alive how many of the three acceptors there are; they vote when it resolves, if they are a quorum */
  static async start(alive = 3, origin: Origin = {}): Promise<MemoryCluster> {
    const cluster = new MemoryCluster(origin);
    const voting = cluster.startAll(alive);
    if (alive > 1) await voting;
    return cluster;
  }

  /** Resolves when they vote. */
  async startAll(alive = 3): Promise<void> {
    await Promise.all(CONFIGURATION.acceptors.slice(0, alive).map(id => this.#startAcceptor(id)));
  }

  /** Starts the acceptors of another group; they vote when it resolves. */
  async startGroup(group: string, acceptors: readonly string[]): Promise<void> {
    const configuration = { cluster: `${CONFIGURATION.cluster}/${group}`, epoch: 1, acceptors };
    await Promise.all(acceptors.map(id => this.#startAcceptor(id, configuration)));
  }

  async #startAcceptor(id: string, configuration: Configuration = CONFIGURATION): Promise<void> {
    const { name = '', epoch = 1 } = this.#origin;
    const store = Object.assign(new MemoryStore(), { storeId: storeOf(id, name) });
    this.stores.set(id, store);
    await store.commit(new Map([[MEMORY_NAME, formedSlot({ ...configuration, epoch }, name)]]));
    const transport = new CutTransport(this.broker.transport());
    this.links.set(id, transport);
    const own = { id, store, memoryBytesMax: 1 << 16, configuration, transport };
    await new Promise<void>(onVoting => {
      startAcceptor({ ...this.#common(), ...own, onVoting }).then(
        acceptor => {
          this.acceptors.set(id, acceptor);
          STOPS.push(acceptor.stop);
        },
        error => this.failures.push(error),
      );
    });
  }

  /** The client of a proposer in the same process. */
  embedded(options?: Parameters<MemoryCluster['embeddedProposer']>[0]): Client {
    return new Client(this.embeddedProposer(options), { timeoutMs: 10_000 });
  }

  embeddedProposer({
    wrap = (transport: Transport) => transport,
    requestsMax = 100,
    collects = false,
  } = {}): EmbeddedProposer {
    const limits = { valueBytesMax: VALUE_BYTES_MAX, requestsMax, memoryBytesMax: 1 << 16 };
    const { transport, ...common } = this.#common();
    return new EmbeddedProposer({
      ...common,
      prefix: 'synod',
      limits,
      collects,
      changes: BUILT_IN_CHANGES,
      transport: wrap(transport),
    });
  }

  /** An ordinary client. */
  client(): Client {
    return new Client(new NatsService(this.broker.transport(), { prefix: 'synod' }), { timeoutMs: 10_000 });
  }

  /** @returns what stops it */
  startProposer(
    options: { readonly hasEvents?: boolean; readonly collects?: boolean } = {},
  ): () => Promise<void> {
    return this.runProposer(options).drain;
  }

  /** @param api to clients. @param transport to acceptors and other proposers. */
  runProposer({
    hasEvents = true,
    collects = false,
    api = this.broker.transport(),
    transport = this.broker.transport(),
  } = {}): RunningProposer {
    return startProposer({
      homesMax: 1,
      hasEvents,
      collects,
      slowMs: 1000,
      name: `p-${randomBytes(2).toString('hex')}`,
      version: '0.0.0',
      api,
      prefix: 'synod',
      limits: {
        valueBytesMax: VALUE_BYTES_MAX,
        requestsMax: 100,
        memoryBytesMax: 1 << 16,
        timeoutMsDefault: 2000,
        timeoutMsMax: 60_000,
      },
      changes: BUILT_IN_CHANGES,
      ...this.#common(),
      transport,
    });
  }

  #common() {
    return {
      configuration: CONFIGURATION,
      transport: this.broker.transport(),
      clock: { nowMs: () => this.#clock.nowMs() + this.aheadMs },
      log: () => undefined,
      onFailure: (error: unknown) => this.failures.push(error),
    };
  }
}
