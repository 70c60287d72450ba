// The Transport over NATS. This file and nats-identity.ts alone know the `nats` package.
// Reconnects by fresh connections of its own. The package's own reconnect was seen to come back from a paused
// server with two live connections that delivered every message twice; here one connection is current, and
// what any other delivers is dropped.

import {
  type ConnectionOptions,
  connect,
  ErrorCode,
  headers,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  NatsError,
} from 'nats';
import { checkIdentity, identityOptions, type NatsIdentity } from './nats-identity.ts';
import type { Message, PublishOptions, SubscribeOptions, Subscription, Transport } from './transport.ts';
import { TransportError } from './transport.ts';

export interface NatsOptions extends NatsIdentity {
  /** Tried in turn, e.g. `nats://127.0.0.1:4222`, or `tls://…` to insist on TLS. */
  readonly servers: readonly string[];
  /** Shown in the server's list of connections. */
  readonly name: string;
  /** How long the first connection is tried; without it for ever. */
  readonly connectTimeoutMs?: number | undefined;
  readonly onStatus?: ((status: string) => void) | undefined;
  /** What the server does not let us do. Clients can cause it, so what is said of it is to be throttled. */
  readonly onRefused?: ((what: string) => void) | undefined;
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

/** @throws TransportError when a file cannot be used, or no server lets us in within `connectTimeoutMs`. */
export async function connectNats(options: NatsOptions): Promise<NatsTransport> {
  const transport = new NatsTransport(options);
  await transport.open();
  return transport;
}

export class NatsTransport implements Transport {
  readonly #options: NatsOptions;
  readonly #subscribed = new Set<Subscribed>();
  #connection: NatsConnection | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  /** Heartbeats since something came. */
  #missed = 0;
  #nextServer = 0;
  #isClosed = false;

  constructor(options: NatsOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    checkIdentity(this.#options);
    const { connectTimeoutMs } = this.#options;
    const untilMs =
      connectTimeoutMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + connectTimeoutMs;
    this.#adopt(await this.#dial(untilMs));
  }

  publish(subject: string, bytes: Uint8Array, options?: PublishOptions): void {
    const connection = this.#connection;
    // Between the loss of a connection and the news of it the package would throw; what is lost is lost.
    if (connection === undefined || connection.isClosed() || connection.isDraining()) return;
    try {
      connection.publish(subject, bytes, options === undefined ? undefined : natsOptions(options));
    } catch (cause) {
      if (!(cause instanceof NatsError) || cause.code !== ErrorCode.MaxPayloadExceeded) throw cause;
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
    const patience = new Promise<void>(resolve => {
      setTimeout(resolve, CLOSE_TIMEOUT_MS).unref();
    });
    await Promise.race([connection.drain().catch(() => undefined), patience]);
    this.#connection = undefined;
    await connection.close();
  }

  /** Tries the servers in turn until one lets us in. Says why none does, and again when the reason changes. */
  async #dial(untilMs: number): Promise<NatsConnection> {
    const { servers, onStatus } = this.#options;
    let failure: unknown;
    let why = '';
    do {
      for (let i = 0; i < servers.length; i++) {
        const server = servers[this.#nextServer % servers.length] ?? '';
        this.#nextServer += 1;
        try {
          return await connect(dialOptions(this.#options, server));
        } catch (error) {
          failure = error;
        }
        if (this.#isClosed) break;
      }
      const before = why;
      why = `cannot connect to NATS at ${servers.join(', ')}: ${reasonOf(failure)}`;
      if (why !== before) onStatus?.(why);
      await new Promise(resolve => setTimeout(resolve, REDIAL_MS * (0.5 + Math.random())));
    } while (!this.#isClosed && performance.now() < untilMs);
    throw new TransportError(why.replace('cannot', 'Cannot'), { cause: failure });
  }

  #adopt(connection: NatsConnection): void {
    this.#connection = connection;
    this.#options.onStatus?.(`connected to ${connection.getServer()}`);
    for (const subscribed of this.#subscribed) this.#attach(subscribed, connection);
    this.#startHeartbeat(connection);
    void this.#tellRefusals(connection);
    void connection.closed().then(error => this.#lose(connection, error ? error.message : 'closed'));
  }

  #resume(connection: NatsConnection): void {
    this.#adopt(connection);
    for (const { onResumed } of this.#subscribed) onResumed?.();
  }

  #attach(subscribed: Subscribed, connection: NatsConnection): void {
    const { pattern, queue, onMessage } = subscribed;
    const callback = (error: Error | null, message: Msg): void => {
      // The fence: a connection that was replaced may still deliver, and what it delivers came twice.
      if (connection !== this.#connection) return;
      // An answer to a heartbeat comes behind all that waits: where there is much, that is no silence.
      this.#missed = 0;
      if (error === null) onMessage(new NatsMessage(message));
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

  async #tellRefusals(connection: NatsConnection): Promise<void> {
    for await (const { type, data, permissionContext } of connection.status()) {
      if (type !== 'error' || permissionContext === undefined) continue;
      this.#options.onRefused?.(`${data}: ${permissionContext.operation} ${permissionContext.subject}`);
    }
  }

  #startHeartbeat(connection: NatsConnection): void {
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

  #lose(connection: NatsConnection, why: string): void {
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

class NatsMessage implements Message {
  readonly #message: Msg;

  constructor(message: Msg) {
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

function dialOptions(options: NatsOptions, server: string): ConnectionOptions {
  return {
    servers: [server],
    name: options.name,
    reconnect: false,
    timeout: DIAL_TIMEOUT_MS,
    ignoreClusterUpdates: true,
    ...identityOptions(options, server),
  };
}

/** The package often says no more than a code, and hides what it got from the system behind it. */
function reasonOf(failure: unknown): string {
  if (!(failure instanceof NatsError)) return failure instanceof Error ? failure.message : String(failure);
  const inner = failure.chainedError?.message ?? '';
  return inner === '' || inner === failure.message ? failure.message : `${failure.message} (${inner})`;
}

function natsOptions({ reply, headers: fields }: PublishOptions): {
  reply?: string;
  headers?: MsgHdrs;
} {
  const result: ReturnType<typeof natsOptions> = {};
  if (reply !== undefined) result.reply = reply;
  if (fields !== undefined) result.headers = natsHeaders(fields);
  return result;
}

/** The same headers go out again and again when it matters most what they cost. */
const MADE = new WeakMap<ReadonlyMap<string, string>, MsgHdrs>();

function natsHeaders(fields: ReadonlyMap<string, string>): MsgHdrs {
  const made = MADE.get(fields);
  if (made !== undefined) return made;
  const fresh = headers();
  for (const [name, value] of fields) fresh.set(name, value);
  MADE.set(fields, fresh);
  return fresh;
}
