// The Transport inside one process: for tests that need no server. Delivers in a later microtask, in order.

import type {
  Message,
  PublishOptions,
  SubscribeOptions,
  Subscription,
  Transport,
} from '../../src/transport/transport.ts';

interface Subscribed {
  readonly pattern: readonly string[];
  readonly queue: string | undefined;
  readonly onMessage: (message: Message) => void;
}

/** A broker in memory; every transport that it hands out reaches all the others. */
export class MemoryBroker {
  readonly #subscribed = new Set<Subscribed>();
  #turn = 0;

  transport(): Transport {
    const own = new Set<Subscribed>();
    let isConnected = true;
    return {
      get isConnected() {
        return isConnected;
      },
      publish: (subject, bytes, options) => {
        if (isConnected) this.#publish(subject, bytes, options);
      },
      publishToEach: (subjects, bytes, headers) => {
        if (isConnected)
          for (const subject of subjects) this.#publish(subject, bytes, headers && { headers });
      },
      subscribe: (pattern, onMessage, options) => this.#subscribe(own, pattern, onMessage, options),
      flush: async () => undefined,
      close: async () => {
        isConnected = false;
        for (const subscribed of own) this.#subscribed.delete(subscribed);
      },
    };
  }

  #subscribe(
    own: Set<Subscribed>,
    pattern: string,
    onMessage: (message: Message) => void,
    options?: SubscribeOptions,
  ): Subscription {
    const subscribed = { pattern: pattern.split('.'), queue: options?.queue, onMessage };
    own.add(subscribed);
    this.#subscribed.add(subscribed);
    const close = (): void => void this.#subscribed.delete(subscribed);
    return { close, drain: close };
  }

  #publish(subject: string, bytes: Uint8Array, options?: PublishOptions): void {
    const reply = options?.reply ?? '';
    const header = (name: string) => options?.headers?.get(name);
    const receivers = this.#receivers(subject.split('.'));
    if (receivers.length > 0)
      this.#deliver(receivers, { subject, bytes, reply, isNoResponders: false, header });
    else if (reply !== '') this.#tellNobodyIsThere(reply);
  }

  /** As a NATS server does. */
  #tellNobodyIsThere(subject: string): void {
    const empty = { bytes: new Uint8Array(0), reply: '', header: () => undefined };
    this.#deliver(this.#receivers(subject.split('.')), { subject, ...empty, isNoResponders: true });
  }

  #deliver(receivers: readonly Subscribed[], message: Message): void {
    for (const subscribed of receivers) {
      queueMicrotask(() => {
        if (this.#subscribed.has(subscribed)) subscribed.onMessage(message);
      });
    }
  }

  /** Everyone without a queue, and one member of each queue in turn. */
  #receivers(terms: readonly string[]): readonly Subscribed[] {
    const matching = [...this.#subscribed].filter(subscribed => matches(subscribed.pattern, terms));
    const queues = new Set(matching.map(subscribed => subscribed.queue));
    return [...queues].flatMap(queue => {
      const members = matching.filter(subscribed => subscribed.queue === queue);
      if (queue === undefined) return members;
      this.#turn += 1;
      return members.slice(this.#turn % members.length).slice(0, 1);
    });
  }
}

function matches(pattern: readonly string[], terms: readonly string[]): boolean {
  for (const [i, term] of pattern.entries()) {
    if (term === '>') return terms.length > i;
    if (terms[i] === undefined || (term !== '*' && term !== terms[i])) return false;
  }
  return pattern.length === terms.length;
}
