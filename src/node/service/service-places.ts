// How often this proposer stands in the queue of the service: what its share of the requests goes by.

import { PLACES_STANDING_BY } from '../../actors/homes.ts';
import { mistypedPatterns, servedPatterns } from '../../transport/service-subjects.ts';
import { isEventSubject, subjectBefore } from '../../transport/subjects.ts';
import type { Message, Subscription, Transport } from '../../transport/transport.ts';
import { SERVICE_QUEUE } from './discovery.ts';

/** At once, without need: so that a short trouble is not followed by a longer one. */
const GIVEN_UP_MAX = 4;

export class ServicePlaces {
  readonly #prefix: string;
  readonly #transport: Pick<Transport, 'subscribe'>;
  readonly #onRequest: (message: Message) => void;
  readonly #onMistyped: (message: Message) => void;
  /** Each place is a subscription to every pattern. */
  readonly #places: (readonly Subscription[])[] = [];
  /** What is served matches these as well; a queue gets it once, whatever it matches. */
  readonly #mistyped: Subscription[] = [];

  /** @param onRequest gets nothing but requests: subjects that `servedPatterns` or `mistypedPatterns` match. */
  constructor(
    prefix: string,
    transport: Pick<Transport, 'subscribe'>,
    onRequest: (message: Message) => void,
  ) {
    this.#prefix = prefix;
    this.#transport = transport;
    this.#onRequest = onRequest;
    // Copies come by a subscription of their own, which has no queue; hints of ours come by here too, of keys that begin
    // like an operation.
    this.#onMistyped = message => {
      const { subject } = message;
      if (subjectBefore(prefix, subject) === undefined && !isEventSubject(prefix, subject))
        onRequest(message);
    };
  }

  get count(): number {
    return this.#places.length;
  }

  /** Takes or gives up places, a few of those at a time. */
  stand(wanted: number): void {
    this.shrink(Math.max(wanted, this.#places.length - GIVEN_UP_MAX));
    while (this.#places.length < wanted)
      this.#places.push(this.#subscribe(servedPatterns(this.#prefix), this.#onRequest));
    // Once, by who has most of the places anyway: it is one place more.
    if (wanted > PLACES_STANDING_BY && this.#mistyped.length === 0)
      this.#mistyped.push(...this.#subscribe(mistypedPatterns(this.#prefix), this.#onMistyped));
  }

  /** Gives up all places beyond so many at once. What was sent here before the server hears of it is still taken. */
  shrink(most: number): void {
    for (const place of this.#places.splice(most)) drain(place);
    if (most <= PLACES_STANDING_BY) drain(this.#mistyped.splice(0));
  }

  #subscribe(patterns: readonly string[], onMessage: (message: Message) => void): readonly Subscription[] {
    return patterns.map(pattern => this.#transport.subscribe(pattern, onMessage, { queue: SERVICE_QUEUE }));
  }
}

function drain(place: readonly Subscription[]): void {
  for (const subscription of place) subscription.drain();
}
