// Makes connections to NATS: tries the servers in turn, each time from behind the one tried last, and says why none lets it in.

import type { BlockWriter, Connection, Headers } from './connection.ts';
import { TransportError } from './transport.ts';

/** Which servers, and how a connection to one of them is made. */
export interface Dialing {
  /** Tried in turn. */
  readonly servers: readonly string[];
  /** No server that carries less in a message is used. */
  readonly payloadBytesMin?: number | undefined;
  /** How long the first connection is tried; without it for ever. */
  readonly connectTimeoutMs?: number | undefined;
  /** Aborted, it ends the wait for the first connection. */
  readonly signal?: AbortSignal | undefined;
  readonly onStatus?: ((status: string) => void) | undefined;
  /** What the server does not let us do. Clients can cause it, so what is said of it is to be throttled. */
  readonly onRefused?: ((what: string) => void) | undefined;
  /** One connection, which does not reconnect. */
  readonly dial: (server: string, timeoutMs: number) => Promise<Connection>;
  readonly headers: () => Headers;
  /** Undefined where messages can only be published one by one. */
  readonly blockWriter?: ((connection: Connection) => BlockWriter | undefined) | undefined;
  /** In words, why a connection could not be made. */
  readonly reasonOf: (failure: unknown) => string;
}

/** One server is given up after this, and the next one is tried. */
const DIAL_TIMEOUT_MS = 1000;
/** Between two rounds over all servers. */
const REDIAL_MS = 100;

/** What a connection is opened with, whatever the package: it keeps to this server and never reconnects by itself. */
export function dialOptions(name: string, server: string, timeout: number) {
  return { servers: [server], name, reconnect: false, timeout, ignoreClusterUpdates: true };
}

export class Dialer {
  readonly #options: Dialing;
  #nextServer = 0;
  #isClosed = false;

  constructor(options: Dialing) {
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** No server is tried after the present one. */
  close(): void {
    this.#isClosed = true;
  }

  /**
   * Tries the servers in turn until one lets us in. Says why none does, and again when the reason changes.
   * @throws TransportError when none has by then, or it was closed
   */
  async dial(untilMs: number): Promise<Connection> {
    const { servers, onStatus } = this.#options;
    let failure: unknown;
    let why = '';
    do {
      for (let i = 0; i < servers.length; i++) {
        const server = servers[this.#nextServer % servers.length] ?? '';
        this.#nextServer += 1;
        try {
          return await this.#dialOne(server);
        } catch (error) {
          failure = error;
        }
        if (this.#isClosed) break;
      }
      const before = why;
      why = `cannot connect to NATS at ${servers.join(', ')}: ${this.#options.reasonOf(failure)}`;
      if (why !== before) onStatus?.(why);
      await new Promise(resolve => setTimeout(resolve, REDIAL_MS * (0.5 + Math.random())));
    } while (!this.#isClosed && performance.now() < untilMs);
    throw new TransportError(why.replace('cannot', 'Cannot'), { cause: failure });
  }

  async #dialOne(server: string): Promise<Connection> {
    const { dial, payloadBytesMin = 0 } = this.#options;
    const connection = await dial(server, DIAL_TIMEOUT_MS);
    const taken = connection.info?.max_payload;
    if (taken === undefined || taken >= payloadBytesMin) return connection;
    await connection.close();
    throw new TransportError(
      `${server} carries at most ${taken} bytes in a message, and ${payloadBytesMin} are needed: raise its max_payload`,
    );
  }
}
