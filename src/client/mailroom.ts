// One subscription for all replies: each request gets a reply subject of its own under one inbox, and a table
// finds who waits for it.

import { TurnoverMap } from '../protocol/turnover-map.ts';
import type { Message, Subscription, Transport } from '../transport/transport.ts';

/** Called once: with the reply, or with nothing when the mailroom is closed before one came. */
type Waiter = (message: Message | undefined) => void;

export class Mailroom {
  readonly #transport: Transport;
  readonly #inbox: string;
  readonly #waiting = new TurnoverMap<string, Waiter>();
  readonly #subscription: Subscription;
  #lastNumber = 0;
  #isClosed = false;

  constructor(transport: Transport, inbox: string) {
    this.#transport = transport;
    this.#inbox = inbox;
    this.#subscription = transport.subscribe(`${inbox}.*`, message => this.#receive(message));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Publishes a request and has `waiter` wait for its reply. @returns what stops waiting. @throws TransportError */
  request(
    subject: string,
    bytes: Uint8Array,
    waiter: Waiter,
    headers?: ReadonlyMap<string, string>,
  ): () => void {
    this.#lastNumber += 1;
    const reply = `${this.#inbox}.${this.#lastNumber.toString(36)}`;
    this.#transport.publish(subject, bytes, headers === undefined ? { reply } : { reply, headers });
    this.#waiting.set(reply, waiter);
    return () => {
      this.#waiting.delete(reply);
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#subscription.close();
    const waiters = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const waiter of waiters) waiter(undefined);
  }

  /** A reply that nobody waits for any more came too late or twice. */
  #receive(message: Message): void {
    const waiter = this.#waiting.get(message.subject);
    if (waiter === undefined) return;
    this.#waiting.delete(message.subject);
    waiter(message);
  }
}
