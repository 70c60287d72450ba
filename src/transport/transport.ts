// The Transport port: subjects and bytes. Implementations: nats-transport, and test/transport/memory-transport;
// both run the same contract (test/transport/transport-contract.ts). Delivery is at most once: any message
// may be lost, and the protocol above is made for that.

export interface Message {
  readonly subject: string;
  readonly bytes: Uint8Array;
  /** Where an answer is expected, or '' for nowhere. */
  readonly reply: string;
  /** The server's own reply to a request on a subject that nobody listens to. */
  readonly isNoResponders: boolean;
  header(name: string): string | undefined;
}

export interface PublishOptions {
  readonly reply?: string;
  readonly headers?: ReadonlyMap<string, string>;
}

export interface SubscribeOptions {
  /** Members of one queue share the messages: each goes to one of them. */
  readonly queue?: string;
  /** Called when a lost connection was replaced: messages in between are lost. */
  readonly onResumed?: () => void;
}

export interface Subscription {
  /** Delivers nothing more. */
  close(): void;
  /** Takes nothing more from the server; what it had sent before it heard of that is still delivered. */
  drain(): void;
}

export interface Transport {
  /** Whether there is a server that takes what is published, as far as is known. */
  readonly isConnected: boolean;

  /**
   * Hands a message over. It is dropped while the transport is not connected.
   * @throws TransportError when it is larger than the server takes.
   */
  publish(subject: string, bytes: Uint8Array, options?: PublishOptions): void;

  /** Hands the same message over for each of the subjects, like `publish`, which costs more for many of them. */
  publishToEach(subjects: readonly string[], bytes: Uint8Array, headers?: ReadonlyMap<string, string>): void;

  /** Calls `onMessage` for each message on a subject that matches, until closed, across reconnects. */
  subscribe(pattern: string, onMessage: (message: Message) => void, options?: SubscribeOptions): Subscription;

  /** Resolves when all that was published before has reached the server; rejects when the connection is lost. */
  flush(): Promise<void>;

  /** Sends what is under way and disconnects for good. */
  close(): Promise<void>;
}

/** No server could be reached, or it turned us or a message away. `cause` is what the driver said. */
export class TransportError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'TransportError';
  }
}
