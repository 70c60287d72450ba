// The HTTP of a node over its life: there from its start on, also while it waits for NATS, and says then what it waits for.

import { type Health, type HttpServer, type ListenAddress, serveHealth } from './http-server.ts';
import type { Log } from './log.ts';
import { Metrics } from './metrics.ts';

export class NodeHttp {
  readonly #server: HttpServer | undefined;
  readonly #health: Health;

  private constructor(server: HttpServer | undefined, health: Health) {
    this.#server = server;
    this.#health = health;
  }

  /** @param address null for none. @throws StartError when the address cannot be had. */
  static async open(address: ListenAddress | null, log: Log): Promise<NodeHttp> {
    const health: Health = { unready: () => 'it waits for NATS', metrics: new Metrics() };
    const server = address === null ? undefined : await serveHealth(address, health);
    if (server !== undefined) log('http', { url: server.url });
    return new NodeHttp(server, health);
  }

  /** Where it is; undefined where the configuration has none. */
  get url(): string | undefined {
    return this.#server?.url;
  }

  /** @param unready why it does not serve; undefined when it does */
  show(unready: Health['unready'], metrics = this.#health.metrics): void {
    Object.assign(this.#health, { unready, metrics });
  }

  close(): void {
    this.#server?.close();
  }
}
