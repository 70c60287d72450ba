// The way of an operator's program to the proposers of a cluster: one connection, and the words for whom it asks.

import type { NatsTransport } from '../../transport/nats-transport.ts';
import type { ClusterConfig } from '../config/config.ts';
import { connectTool } from '../config/nats-options.ts';
import { answerOf, clusterText, patiently, type TellWaiting, tellingWhenLong } from './operator-steps.ts';

export class OperatorLink {
  readonly cluster: string;
  readonly transport: NatsTransport;
  readonly #asked: string;
  readonly #tell: TellWaiting;

  private constructor(config: ClusterConfig, transport: NatsTransport, tell: TellWaiting) {
    this.cluster = config.cluster;
    this.transport = transport;
    this.#asked = clusterText(config);
    this.#tell = tell;
  }

  /** @throws TransportError when there is no NATS. */
  static async open(config: ClusterConfig, tell: TellWaiting = () => undefined): Promise<OperatorLink> {
    return new OperatorLink(config, await connectTool(config.nats, 'synod-operator'), tell);
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  /** For what may be asked again as it is. */
  patiently(attemptsMax: number, step: () => Promise<unknown>): Promise<unknown> {
    return tellingWhenLong(this.#asked, this.#tell, patiently(attemptsMax, step));
  }

  /** @throws OperatorError when none answered, or what it could not do. */
  answerOf(answer: unknown): unknown {
    return answerOf(this.#asked, answer);
  }
}
