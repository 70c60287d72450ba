// Asks acceptors over NATS what they hold (cluster-check.ts). May publish questions and pings and nothing else.

import { randomBytes } from 'node:crypto';
import type { Holding } from '../../protocol/comparison.ts';
import type { Configuration } from '../../protocol/quorum.ts';
import { decodeListing, encodeQuestion, type Listing, type Question } from '../../transport/listing-codec.ts';
import { internalSubjects, VERIFY_INBOX } from '../../transport/subjects.ts';
import type { Transport } from '../../transport/transport.ts';
import type { Questioner } from './cluster-check.ts';
import { statusOf } from './ping.ts';

/** How long an answer is waited for, and how often it is asked for. */
interface Patience {
  readonly timeoutMs: number;
  readonly tries: number;
}

const PATIENCE: Patience = { timeoutMs: 2000, tries: 5 };

type Unnumbered<Item> = Item extends unknown ? Omit<Item, 'serial'> : never;

export class NatsQuestioner implements Questioner {
  readonly #configuration: Configuration;
  readonly #transport: Transport;
  readonly #patience: Patience;
  readonly #name = `verify-${randomBytes(8).toString('hex')}`;
  readonly #inbox = `${VERIFY_INBOX}.${randomBytes(8).toString('hex')}`;
  #serial = 0;
  #onListing: (sender: string, listing: Listing) => void = () => {};

  constructor(configuration: Configuration, transport: Transport, patience = PATIENCE) {
    this.#patience = patience;
    this.#configuration = configuration;
    this.#transport = transport;
    transport.subscribe(this.#inbox, ({ bytes }) => {
      const decoded = decodeListing(configuration, bytes);
      if (decoded.kind === 'refused') return;
      const { sender, recipient, item } = decoded.envelope;
      if (recipient === this.#name) this.#onListing(sender, item);
    });
  }

  async status(acceptor: string): ReturnType<Questioner['status']> {
    const { cluster } = this.#configuration;
    return statusOf(this.#transport, { cluster, id: acceptor, inbox: VERIFY_INBOX }).catch(() => undefined);
  }

  async partition(acceptor: string, partition: number): Promise<ReadonlyMap<string, Holding>> {
    const held = new Map<string, Holding>();
    for (let after: string | undefined = ''; after !== undefined; ) {
      const listing: Listing = await this.#ask(acceptor, { kind: 'page', partition, after });
      for (const [key, holding] of listing.held) held.set(key, holding);
      after = listing.next;
    }
    return held;
  }

  async keys(acceptor: string, keys: readonly string[]): Promise<ReadonlyMap<string, Holding>> {
    return (await this.#ask(acceptor, { kind: 'keys', keys })).held;
  }

  /** A question that changes nothing may be asked again and again. */
  async #ask(acceptor: string, question: Unnumbered<Question>): Promise<Listing> {
    const { tries, timeoutMs } = this.#patience;
    for (let i = 0; i < tries; i++) {
      const listing = await this.#askOnce(acceptor, question);
      if (listing !== undefined) return listing;
    }
    const waitedMs = tries * timeoutMs;
    throw new Error(
      `Cannot compare: acceptor ${acceptor} voted and tells nothing any more (asked for ${waitedMs} ms). If it has ended, its log says why; if it runs, this user may not ask it`,
    );
  }

  async #askOnce(acceptor: string, question: Unnumbered<Question>): Promise<Listing | undefined> {
    this.#serial += 1;
    const serial = this.#serial;
    const item: Question = { ...question, serial };
    const bytes = encodeQuestion(this.#configuration, { sender: this.#name, recipient: acceptor, item });
    return new Promise(resolve => {
      const timer = setTimeout(() => resolve(undefined), this.#patience.timeoutMs);
      this.#onListing = (sender, listing) => {
        if (sender !== acceptor || listing.serial !== serial) return;
        clearTimeout(timer);
        resolve(listing);
      };
      const subject = internalSubjects(this.#configuration.cluster).listing(acceptor);
      this.#transport.publish(subject, bytes, { reply: this.#inbox });
    });
  }
}
