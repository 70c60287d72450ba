// What is used of a connection of a NATS package, whichever it is, and a message as one delivers it.

import type { Message } from './transport.ts';

/** What is used of a package's connection. */
export interface Connection {
  readonly info?: { readonly max_payload: number; readonly headers?: boolean } | undefined;
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

export interface Headers {
  set(name: string, value: string): void;
}

export interface Publishing {
  reply?: string;
  headers?: Headers;
}

/** Publishes the same message to many subjects at once, behind all that was published before. */
export type BlockWriter = (
  subjects: readonly string[],
  bytes: Uint8Array,
  headers: ReadonlyMap<string, string> | undefined,
) => void;

export interface NatsMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly reply?: string | undefined;
  readonly headers?: { readonly code: number; get(name: string): string } | undefined;
}

export class ReceivedMessage implements Message {
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
