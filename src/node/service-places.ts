// How often this proposer stands in the queue of the service: what its share of the requests goes by.

import { subjectBefore } from '../transport/subjects.ts';
import type { Message, Subscription, Transport } from '../transport/transport.ts';
import { SERVICE_QUEUE } from './discovery.ts';

/** At once, without need: so that a short trouble is not followed by a longer one. */
const GIVEN_UP_MAX = 4;

export class ServicePlaces {
  readonly #pattern: string;
  readonly #transport: Pick<Transport, 'subscribe'>;
  readonly #onMessage: (message: Message) => void;
  readonly #places: Subscription[] = [];

  constructor(
    prefix: string,
    transport: Pick<Transport, 'subscribe'>,
    onRequest: (message: Message) => void,
  ) {
    this.#pattern = `${prefix}.>`;
    this.#transport = transport;
    // Copies come by a subscription of their own, which has no queue.
    this.#onMessage = message => {
      if (subjectBefore(prefix, message.subject) === undefined) onRequest(message);
    };
  }

  /** Takes or gives up places, a few of those at a time. */
  stand(wanted: number): void {
    this.shrink(Math.max(wanted, this.#places.length - GIVEN_UP_MAX));
    while (this.#places.length < wanted) {
      this.#places.push(this.#transport.subscribe(this.#pattern, this.#onMessage, { queue: SERVICE_QUEUE }));
    }
  }

  /** Gives up all places beyond so many at once. What was sent here before the server hears of it is still taken. */
  shrink(most: number): void {
    for (const place of this.#places.splice(most)) place.drain();
  }
}
