// A proposer inside a program of the operator: lists every key, and reads or restores whole states. It serves nobody
// and passes nothing on; what it asks goes through the acceptors like every other request.

import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../actors/clock.ts';
import type { StateOperation } from '../../protocol/operation.ts';
import { PARTITIONS } from '../../protocol/partition.ts';
import { FIRST_EPOCH } from '../../protocol/quorum.ts';
import { isUntouched } from '../../protocol/restoring.ts';
import type { RegisterState } from '../../protocol/state.ts';
import type { NatsTransport } from '../../transport/nats-transport.ts';
import type { ServiceAnswer } from '../../transport/reply-codec.ts';
import type { ClusterConfig } from '../config/config.ts';
import { connectTool } from '../config/nats-options.ts';
import { Groups } from '../engine/groups.ts';
import { OwnRequests } from '../engine/own-requests.ts';
import { soleFounder } from '../process/sole-founder.ts';
import { PartitionPages } from '../scan/partition-pages.ts';
import { clusterText, type TellWaiting, tellingWhenLong } from './operator-steps.ts';

/** Read or restored at once. */
const AT_ONCE = 256;
const CONNECT_TIMEOUT_MS = 5000;
const STEP_MS = 5000;
const ATTEMPTS_MAX = 6;
const FORMED_MS_MAX = 5000;
const FORMED_ASK_MS = 100;
/** A map of groups that is old takes a moment to be replaced. */
const AGAIN_MS = 300;
const VALUE_BYTES_MAX = 524_288;

/** What could not be done, and why. */
export class OperatorProposerError extends Error {}

/** @throws TransportError without NATS, OperatorProposerError when no acceptor answers, MisplacedError when those of two clusters do (S6). */
export async function openOperatorProposer(
  config: ClusterConfig,
  tell: TellWaiting = () => undefined,
): Promise<OperatorProposer> {
  const transport = await connectTool(config.nats, 'synod-operator', CONNECT_TIMEOUT_MS);
  const founder = await soleFounder(transport, config.cluster).catch(async error => {
    await transport.close();
    throw error;
  });
  const proposer = new OperatorProposer({ ...config, founder }, transport, tell);
  try {
    await tellingWhenLong(clusterText(config), tell, proposer.meet());
  } catch (error) {
    await proposer.close();
    throw error;
  }
  return proposer;
}

export class OperatorProposer {
  readonly #place: string;
  readonly #tell: TellWaiting;
  readonly #transport: NatsTransport;
  readonly #groups: Groups;
  readonly #pages: PartitionPages;
  readonly #own: OwnRequests;
  readonly #clock = systemClock();
  #failure: unknown;

  constructor(
    config: ClusterConfig & { readonly founder: string | undefined },
    transport: NatsTransport,
    tell: TellWaiting,
  ) {
    const { cluster, founder, acceptors } = config;
    const log = (): void => undefined;
    this.#place = clusterText(config);
    this.#tell = tell;
    this.#transport = transport;
    this.#groups = new Groups({
      name: 'operator',
      configuration: { cluster, founder, epoch: FIRST_EPOCH, acceptors },
      limits: { valueBytesMax: VALUE_BYTES_MAX, requestsMax: AT_ONCE, memoryBytesMax: 0 },
      changes: new Map(),
      transport,
      clock: this.#clock,
      log,
      onAnswer: (token, answer) => this.#own.answer(token, answer),
      onChosen: () => undefined,
      onFailure: error => {
        this.#failure = error;
      },
    });
    this.#own = new OwnRequests(this.#clock, this.#groups.request);
    this.#pages = new PartitionPages({ groups: this.#groups, transport, suffix: 'pages', log });
  }

  /** Hears in which epoch the cluster is. @throws OperatorProposerError */
  async meet(): Promise<void> {
    const untilMs = this.#clock.nowMs() + FORMED_MS_MAX;
    const { first } = this.#groups;
    while (first.membership() === undefined) {
      if (this.#clock.nowMs() > untilMs) {
        throw new OperatorProposerError(
          `No acceptor of ${this.#place} tells which members it has: is one up, and formed, and are --cluster and --nats right? \`synod status\` shows who is up`,
        );
      }
      first.askEpoch();
      await delay(FORMED_ASK_MS);
    }
  }

  /**
   * Every key that any quorum may have something for, but for the cluster's own. Each with a state that was chosen at
   * some moment of the call: all of them together were never the state of the cluster at once.
   * @param start what their keys begin with
   * @throws OperatorProposerError without a quorum
   */
  async *states(start = ''): AsyncGenerator<{
    readonly key: string;
    readonly state: RegisterState;
    readonly partition: number;
  }> {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const keys = (await this.#keys(partition)).filter(key => key.startsWith(start));
      for (let from = 0; from < keys.length; from += AT_ONCE) {
        const some = keys.slice(from, from + AT_ONCE);
        const states = await Promise.all(some.map(key => this.#whole(key, { type: 'state.read' })));
        for (const [i, state] of states.entries()) {
          // Touched by a round that came to nothing.
          if (!isUntouched(state)) yield { key: some[i] ?? '', state, partition };
        }
      }
    }
  }

  /** @throws OperatorProposerError when there is another state already, or no quorum. */
  async restore(key: string, state: RegisterState): Promise<void> {
    await this.#whole(key, { type: 'state.restore', state });
  }

  async close(): Promise<void> {
    this.#groups.stop();
    this.#pages.close();
    await this.#transport.close();
  }

  async #keys(partition: number): Promise<readonly string[]> {
    const keys: string[] = [];
    let attempt = 1;
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: Awaited<ReturnType<PartitionPages['page']>> = await tellingWhenLong(
        this.#place,
        this.#tell,
        this.#pages.page(partition, after),
      );
      if (page === undefined) {
        if (attempt === ATTEMPTS_MAX)
          throw new OperatorProposerError(
            `No quorum of acceptors of ${this.#place} tells which keys it has: \`synod status\` shows who is up`,
          );
        attempt += 1;
        await delay(AGAIN_MS);
        continue;
      }
      keys.push(...page.keys);
      after = page.next;
    }
    return keys;
  }

  /** The state after the operation. What came of a restore that was not answered is seen by another. */
  async #whole(key: string, operation: StateOperation): Promise<RegisterState> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#ask(key, operation);
      if (answer.kind === 'done' && answer.whole !== undefined) return answer.whole;
      const why = answer.kind === 'done' ? 'it has no state' : answer.why;
      if (answer.kind === 'refused' || attempt === ATTEMPTS_MAX)
        throw new OperatorProposerError(
          `Cannot ${operation.type === 'state.read' ? 'read' : 'restore'} '${key}': ${why}`,
        );
    }
  }

  #ask(key: string, operation: StateOperation): Promise<ServiceAnswer> {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#own.ask(key, { operation, id: undefined }, STEP_MS);
  }
}
