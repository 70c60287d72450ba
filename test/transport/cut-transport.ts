// A Transport that can be cut off from its broker and come back, as one whose connection is lost: nothing that is published
// meanwhile arrives, and nobody is there who subscribed.

import type { SubscribeOptions, Subscription, Transport } from '../../src/transport/transport.ts';

interface Kept {
  readonly pattern: string;
  readonly onMessage: Parameters<Transport['subscribe']>[1];
  readonly options: SubscribeOptions | undefined;
  subscription: Subscription | undefined;
}

export class CutTransport implements Transport {
  readonly #inner: Transport;
  readonly #knows: boolean;
  readonly #kept = new Set<Kept>();
  #isCut = false;

  /** @param knows whether it says so itself: a server that has lost the others takes what it is told */
  constructor(inner: Transport, knows = true) {
    this.#inner = inner;
    this.#knows = knows;
  }

  get isConnected(): boolean {
    return !this.#isCut || !this.#knows;
  }

  cut(): void {
    this.#isCut = true;
    for (const kept of this.#kept) kept.subscription?.close();
  }

  heal(): void {
    this.#isCut = false;
    for (const kept of this.#kept)
      kept.subscription = this.#inner.subscribe(kept.pattern, kept.onMessage, kept.options);
  }

  publish(...message: Parameters<Transport['publish']>): void {
    if (!this.#isCut) this.#inner.publish(...message);
  }

  publishToEach(...message: Parameters<Transport['publishToEach']>): void {
    if (!this.#isCut) this.#inner.publishToEach(...message);
  }

  subscribe(
    pattern: string,
    onMessage: Parameters<Transport['subscribe']>[1],
    options?: SubscribeOptions,
  ): Subscription {
    const subscription = this.#isCut ? undefined : this.#inner.subscribe(pattern, onMessage, options);
    const kept: Kept = { pattern, onMessage, options, subscription };
    this.#kept.add(kept);
    const close = (): void => {
      this.#kept.delete(kept);
      kept.subscription?.close();
    };
    return { close, drain: close };
  }

  flush(): Promise<void> {
    return this.#inner.flush();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
