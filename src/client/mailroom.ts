// One subscription for all replies: each request gets a reply subject of its own under one inbox, and a table
// finds who waits for it.

import type { Message, Subscription, Transport } from '../transport/transport.ts';

type Waiter = (message: Message) => void;

export class Mailroom {
  readonly #transport: Transport;
  readonly #inbox: string;
  readonly #waiting = new Map<string, Waiter>();
  readonly #subscription: Subscription;
  #lastNumber = 0;

  constructor(transport: Transport, inbox: string) {
    this.#transport = transport;
    this.#inbox = inbox;
    this.#subscription = transport.subscribe(`${inbox}.*`, message => this.#receive(message));
  }

  /** Publishes a request and calls `waiter` with its reply, once. @returns what stops waiting. */
  request(subject: string, bytes: Uint8Array, waiter: Waiter): () => void {
    this.#lastNumber += 1;
    const reply = `${this.#inbox}.${this.#lastNumber.toString(36)}`;
    this.#waiting.set(reply, waiter);
    this.#transport.publish(subject, bytes, { reply });
    return () => {
      this.#waiting.delete(reply);
    };
  }

  close(): void {
    this.#subscription.close();
  }

  /** A reply that nobody waits for any more came too late or twice. */
  #receive(message: Message): void {
    const waiter = this.#waiting.get(message.subject);
    if (waiter === undefined) return;
    this.#waiting.delete(message.subject);
    waiter(message);
  }
}
