// A Transport over a package of NATS, whichever it is: nats-transport.ts has the one for Node, ws-transport.ts the one for
// browsers. Reconnects by fresh connections of its own. The packages' own reconnect was seen to come back from a paused
// server with two live connections that delivered every message twice; here one connection is current, and
// what any other delivers is dropped.

import {
  type BlockWriter,
  type Connection,
  type Headers,
  type NatsMessage,
  type Publishing,
  ReceivedMessage,
} from './connection.ts';
import { Dialer, type Dialing } from './dialer.ts';
import type { Message, PublishOptions, SubscribeOptions, Subscription, Transport } from './transport.ts';
import { TransportError } from './transport.ts';

/** A connection on which nothing comes for so many heartbeats in a row, no answer either, is dropped. */
const HEARTBEAT_MS = 300;
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

export class ReconnectingTransport implements Transport {
  readonly #options: Dialing;
  readonly #dialer: Dialer;
  readonly #subscribed = new Set<Subscribed>();
  /** Rejects each flush under way: the packages leave one whose connection is lost pending for ever (seen in 2.29). */
  readonly #flushing = new Set<(why: TransportError) => void>();
  #connection: Connection | undefined;
  #writeBlock: BlockWriter | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  /** Heartbeats since something came. */
  #missed = 0;
  /** The same headers go out again and again when it matters most what they cost. */
  readonly #made = new WeakMap<ReadonlyMap<string, string>, Headers>();

  constructor(options: Dialing) {
    this.#options = options;
    this.#dialer = new Dialer(options);
  }

  /** @throws TransportError when no server lets us in within `connectTimeoutMs`, or before `signal` is aborted */
  async open(): Promise<void> {
    const { connectTimeoutMs, signal } = this.#options;
    const untilMs =
      connectTimeoutMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + connectTimeoutMs;
    const giveUp = (): void => this.#dialer.close();
    if (signal?.aborted) giveUp();
    signal?.addEventListener('abort', giveUp);
    try {
      const connection = await this.#dialer.dial(untilMs);
      if (!this.#dialer.isClosed) this.#adopt(connection);
      else {
        await connection.close();
        throw new TransportError('Cannot connect to NATS: it was stopped');
      }
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  publish(subject: string, bytes: Uint8Array, options?: PublishOptions): void {
    const connection = this.#open;
    if (connection === undefined) return;
    try {
      connection.publish(subject, bytes, options === undefined ? undefined : this.#withHeaders(options));
    } catch (cause) {
      if (!isTooLarge(cause)) throw cause;
      const taken = connection.info?.max_payload;
      const why = `the NATS server takes at most ${taken} a message, headers included`;
      throw new TransportError(`Cannot publish ${bytes.length} bytes: ${why}`, { cause });
    }
  }

  publishToEach(subjects: readonly string[], bytes: Uint8Array, headers?: ReadonlyMap<string, string>): void {
    const [first] = subjects;
    if (first === undefined) return;
    // The first one alone: what is wrong with a message is wrong with all of them.
    const options = headers === undefined ? undefined : { headers };
    this.publish(first, bytes, options);
    if (this.#open === undefined) return;
    const others = subjects.slice(1);
    if (this.#writeBlock !== undefined) this.#writeBlock(others, bytes, headers);
    else for (const subject of others) this.publish(subject, bytes, options);
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
    const connection = this.#open;
    if (connection === undefined) throw new TransportError('Not connected to any NATS server');
    let giveUp: (why: TransportError) => void = () => undefined;
    const lost = new Promise<never>((_, reject) => {
      giveUp = reject;
    });
    this.#flushing.add(giveUp);
    try {
      await Promise.race([connection.flush(), lost]);
    } finally {
      this.#flushing.delete(giveUp);
    }
  }

  async close(): Promise<void> {
    this.#dialer.close();
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
    this.#endFlushes('it was closed');
    await connection.close();
  }

  /** Between the loss of a connection and the news of it the package would throw; what is lost is lost. */
  get #open(): Connection | undefined {
    const connection = this.#connection;
    return connection?.isClosed() || connection?.isDraining() ? undefined : connection;
  }

  #adopt(connection: Connection): void {
    this.#connection = connection;
    this.#writeBlock = this.#options.blockWriter?.(connection);
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
    if (this.#dialer.isClosed || connection !== this.#connection) return;
    clearInterval(this.#heartbeat);
    this.#connection = undefined;
    this.#endFlushes(why);
    this.#options.onStatus?.(`connection lost: ${why}`);
    void connection.close();
    this.#dialer.dial(Number.POSITIVE_INFINITY).then(
      fresh => (this.#dialer.isClosed ? fresh.close() : this.#resume(fresh)),
      () => undefined,
    );
  }

  #endFlushes(why: string): void {
    for (const giveUp of this.#flushing)
      giveUp(new TransportError(`The connection to NATS was lost: ${why}`));
  }
}

/** What the packages throw themselves, before anything is sent. */
function isTooLarge(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'MAX_PAYLOAD_EXCEEDED';
}
