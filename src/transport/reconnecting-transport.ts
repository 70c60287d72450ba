// A Transport over a package of NATS, whichever it is: nats-transport.ts has the one for Node, ws-transport.ts the one for
// browsers. Reconnects by fresh connections of its own. The packages' own reconnect was seen to come back from a paused
// server with two live connections that delivered every message twice; here one connection is current, and
// what any other delivers is dropped.

import type { Message, PublishOptions, SubscribeOptions, Subscription, Transport } from './transport.ts';
import { TransportError } from './transport.ts';

/** Which servers, and how a connection to one of them is made. */
export interface Dialing {
  /** Tried in turn. */
  readonly servers: readonly string[];
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
  /** In words, why a connection could not be made. */
  readonly reasonOf: (failure: unknown) => string;
}

/** What is used of a package's connection. */
export interface Connection {
  readonly info?: { readonly max_payload: number } | undefined;
  publish(subject: string, bytes: Uint8Array, options?: Publishing): void;
  subscribe(
    pattern: string,
    options: { queue?: string; callback: (error: Error | null, message: NatsMessage) => void },
  ): { unsubscribe(): void; drain(): Promise<void> };
  flush(): Promise<void>;
  drain(): Promise<void>;
  close(): Promise<void>;
  closed(): Promise<unknown>;
  isClosed(): boolean;
  isDraining(): boolean;
  getServer(): string;
  status(): AsyncIterable<{
    readonly type: string;
    readonly data: unknown;
    readonly permissionContext?: { readonly operation: string; readonly subject: string };
  }>;
}

interface Headers {
  set(name: string, value: string): void;
}

interface Publishing {
  reply?: string;
  headers?: Headers;
}

interface NatsMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly reply?: string | undefined;
  readonly headers?: { readonly code: number; get(name: string): string } | undefined;
}

/** One server is given up after this, and the next one is tried. */
const DIAL_TIMEOUT_MS = 1000;
/** Between two rounds over all servers. */
const REDIAL_MS = 100;
/** A connection on which nothing comes for so many heartbeats in a row, no answer either, is dropped. */
const HEARTBEAT_MS = 500;
const HEARTBEATS_MISSED_MAX = 4;
/** What closing may take before it is done without the server. */
const CLOSE_TIMEOUT_MS = 1000;

interface Subscribed {
  readonly pattern: string;
  readonly queue: string | undefined;
  readonly onMessage: (message: Message) => void;
  readonly onResumed: (() => void) | undefined;
  unsubscribe: (() => void) | undefined;
  drain: (() => void) | undefined;
}

/** What a connection is opened with, whatever the package: it keeps to this server and never reconnects by itself. */
export function dialOptions(name: string, server: string, timeout: number) {
  return { servers: [server], name, reconnect: false, timeout, ignoreClusterUpdates: true };
}

export class ReconnectingTransport implements Transport {
  readonly #options: Dialing;
  readonly #subscribed = new Set<Subscribed>();
  #connection: Connection | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  /** Heartbeats since something came. */
  #missed = 0;
  /** The same headers go out again and again when it matters most what they cost. */
  readonly #made = new WeakMap<ReadonlyMap<string, string>, Headers>();
  #nextServer = 0;
  #isClosed = false;

  constructor(options: Dialing) {
    this.#options = options;
  }

  /** @throws TransportError when no server lets us in within `connectTimeoutMs`, or before `signal` is aborted */
  async open(): Promise<void> {
    const { connectTimeoutMs, signal } = this.#options;
    const untilMs =
      connectTimeoutMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + connectTimeoutMs;
    const giveUp = (): void => {
      this.#isClosed = true;
    };
    if (signal?.aborted) giveUp();
    signal?.addEventListener('abort', giveUp);
    try {
      const connection = await this.#dial(untilMs);
      if (!this.#isClosed) this.#adopt(connection);
      else {
        await connection.close();
        throw new TransportError('Cannot connect to NATS: it was stopped');
      }
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  publish(subject: string, bytes: Uint8Array, options?: PublishOptions): void {
    const connection = this.#connection;
    // Between the loss of a connection and the news of it the package would throw; what is lost is lost.
    if (connection === undefined || connection.isClosed() || connection.isDraining()) return;
    try {
      connection.publish(subject, bytes, options === undefined ? undefined : this.#withHeaders(options));
    } catch (cause) {
      if (!isTooLarge(cause)) throw cause;
      const taken = connection.info?.max_payload;
      const why = `the NATS server takes at most ${taken} a message, headers included`;
      throw new TransportError(`Cannot publish ${bytes.length} bytes: ${why}`, { cause });
    }
  }

  subscribe(
    pattern: string,
    onMessage: (message: Message) => void,
    options?: SubscribeOptions,
  ): Subscription {
    const subscribed: Subscribed = {
      pattern,
      queue: options?.queue,
      onMessage,
      onResumed: options?.onResumed,
      unsubscribe: undefined,
      drain: undefined,
    };
    this.#subscribed.add(subscribed);
    if (this.#connection !== undefined) this.#attach(subscribed, this.#connection);
    return {
      close: () => {
        this.#subscribed.delete(subscribed);
        subscribed.unsubscribe?.();
      },
      drain: () => {
        this.#subscribed.delete(subscribed);
        subscribed.drain?.();
      },
    };
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  async flush(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) throw new TransportError('Not connected to any NATS server');
    await connection.flush();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#heartbeat);
    const connection = this.#connection;
    if (connection === undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>(resolve => {
      timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
    });
    await Promise.race([connection.drain().catch(() => undefined), patience]);
    clearTimeout(timer);
    this.#connection = undefined;
    await connection.close();
  }

  /** Tries the servers in turn until one lets us in. Says why none does, and again when the reason changes. */
  async #dial(untilMs: number): Promise<Connection> {
    const { servers, onStatus } = this.#options;
    let failure: unknown;
    let why = '';
    do {
      for (let i = 0; i < servers.length; i++) {
        const server = servers[this.#nextServer % servers.length] ?? '';
        this.#nextServer += 1;
        try {
          return await this.#options.dial(server, DIAL_TIMEOUT_MS);
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

  #adopt(connection: Connection): void {
    this.#connection = connection;
    this.#options.onStatus?.(`connected to ${connection.getServer()}`);
    for (const subscribed of this.#subscribed) this.#attach(subscribed, connection);
    this.#startHeartbeat(connection);
    void this.#tellRefusals(connection);
    void connection
      .closed()
      .then(error => this.#lose(connection, error instanceof Error ? error.message : 'closed'));
  }

  #resume(connection: Connection): void {
    this.#adopt(connection);
    for (const { onResumed } of this.#subscribed) onResumed?.();
  }

  #withHeaders({ reply, headers: fields }: PublishOptions): Publishing {
    const result: Publishing = {};
    if (reply !== undefined) result.reply = reply;
    if (fields !== undefined) result.headers = this.#headersOf(fields);
    return result;
  }

  #headersOf(fields: ReadonlyMap<string, string>): Headers {
    const made = this.#made.get(fields);
    if (made !== undefined) return made;
    const fresh = this.#options.headers();
    for (const [name, value] of fields) fresh.set(name, value);
    this.#made.set(fields, fresh);
    return fresh;
  }

  #attach(subscribed: Subscribed, connection: Connection): void {
    const { pattern, queue, onMessage } = subscribed;
    const callback = (error: Error | null, message: NatsMessage): void => {
      // The fence: a connection that was replaced may still deliver, and what it delivers came twice.
      if (connection !== this.#connection) return;
      // An answer to a heartbeat comes behind all that waits: where there is much, that is no silence.
      this.#missed = 0;
      if (error === null) onMessage(new ReceivedMessage(message));
      else this.#options.onStatus?.(`subscription ${pattern}: ${error.message}`);
    };
    const subscription = connection.subscribe(
      pattern,
      queue === undefined ? { callback } : { queue, callback },
    );
    subscribed.drain = () => {
      // A connection that ends meanwhile delivers nothing more anyway.
      if (!connection.isClosed()) subscription.drain().catch(() => undefined);
    };
    subscribed.unsubscribe = () => {
      if (!connection.isClosed()) subscription.unsubscribe();
    };
  }

  async #tellRefusals(connection: Connection): Promise<void> {
    for await (const { type, data, permissionContext } of connection.status()) {
      if (type !== 'error' || permissionContext === undefined) continue;
      this.#options.onRefused?.(`${data}: ${permissionContext.operation} ${permissionContext.subject}`);
    }
  }

  #startHeartbeat(connection: Connection): void {
    this.#missed = 0;
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => {
      this.#missed += 1;
      if (this.#missed > HEARTBEATS_MISSED_MAX) {
        this.#lose(connection, 'the server is silent');
        return;
      }
      connection.flush().then(
        () => {
          if (connection === this.#connection) this.#missed = 0;
        },
        () => undefined,
      );
    }, HEARTBEAT_MS);
  }

  #lose(connection: Connection, why: string): void {
    if (this.#isClosed || connection !== this.#connection) return;
    clearInterval(this.#heartbeat);
    this.#connection = undefined;
    this.#options.onStatus?.(`connection lost: ${why}`);
    void connection.close();
    this.#dial(Number.POSITIVE_INFINITY).then(
      fresh => (this.#isClosed ? fresh.close() : this.#resume(fresh)),
      () => undefined,
    );
  }
}

class ReceivedMessage implements Message {
  readonly #message: NatsMessage;

  constructor(message: NatsMessage) {
    this.#message = message;
  }

  get subject(): string {
    return this.#message.subject;
  }

  get bytes(): Uint8Array {
    return this.#message.data;
  }

  get reply(): string {
    return this.#message.reply ?? '';
  }

  get isNoResponders(): boolean {
    return this.#message.data.length === 0 && this.#message.headers?.code === 503;
  }

  header(name: string): string | undefined {
    const value = this.#message.headers?.get(name);
    return value === '' ? undefined : value;
  }
}

/** What the packages throw themselves, before anything is sent. */
function isTooLarge(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'MAX_PAYLOAD_EXCEEDED';
}
