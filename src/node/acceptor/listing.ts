// Tells operators' tools what an acceptor holds: keys, ballots, and digests of values, a page at a time. Reads the store beside
// the acceptor's turns, which shows only what is durable (A3), and writes nothing.

import { createHash } from 'node:crypto';
import type { Slot } from '../../protocol/acceptor.ts';
import type { Holding } from '../../protocol/comparison.ts';
import type { Configuration } from '../../protocol/quorum.ts';
import type { Store } from '../../storage/store.ts';
import {
  decodeQuestion,
  encodeListing,
  LISTED_KEYS_MAX,
  type Listing,
  type Question,
} from '../../transport/listing-codec.ts';
import { internalSubjects, VERIFY_INBOX } from '../../transport/subjects.ts';
import type { Message, Subscription, Transport } from '../../transport/transport.ts';
import { envelopeOf } from '../process/envelope-of.ts';
import type { Log } from '../process/log.ts';

interface ListingParts {
  readonly id: string;
  readonly configuration: Configuration;
  readonly transport: Transport;
  readonly store: Pick<Store, 'load' | 'keysAfter'>;
  readonly mayVote: () => boolean;
  /** To be throttled. */
  readonly log: Log;
  /** The store failed, or held something damaged: as in a turn, the acceptor must stop (S4). */
  readonly onFailure: (error: unknown) => void;
}

/** Questions that wait for the one in hand; past that they are dropped, and asked again. */
const WAITING_MAX = 8;
const DIGEST_CHARACTERS = 22;
/** A reply subject is anybody's word: an answer goes nowhere else. */
const INBOX = new RegExp(`^${VERIFY_INBOX.replaceAll('.', '\\.')}\\.[A-Za-z0-9]+$`);

export function openListing(parts: ListingParts): Subscription {
  const { id, configuration, transport, store, log, onFailure } = parts;
  let before: Promise<void> = Promise.resolve();
  let waiting = 0;
  const answer = async ({ bytes, reply, subject }: Message): Promise<void> => {
    const envelope = envelopeOf(decodeQuestion(configuration, bytes), subject, log);
    if (envelope === undefined) return;
    const { sender, recipient, item } = envelope;
    if (recipient !== id || !parts.mayVote()) return;
    const listing = await listed(store, item);
    if (!parts.mayVote()) return;
    transport.publish(reply, encodeListing(configuration, { sender: id, recipient: sender, item: listing }));
  };
  return transport.subscribe(internalSubjects(configuration.cluster).listing(id), message => {
    if (!INBOX.test(message.reply) || waiting >= WAITING_MAX) return;
    waiting += 1;
    before = before
      .then(() => answer(message))
      .catch(onFailure)
      .finally(() => {
        waiting -= 1;
      });
  });
}

async function listed(store: ListingParts['store'], question: Question): Promise<Listing> {
  const { serial } = question;
  if (question.kind === 'keys')
    return { serial, held: holdings(await store.load(question.keys)), next: undefined };
  const keys = await store.keysAfter(question.partition, question.after, LISTED_KEYS_MAX);
  const held = holdings(await store.load(keys));
  return { serial, held, next: keys.length < LISTED_KEYS_MAX ? undefined : keys.at(-1) };
}

function holdings(slots: ReadonlyMap<string, Slot>): ReadonlyMap<string, Holding> {
  const accepted = [...slots].filter(([, slot]) => slot.accepted.counter > 0);
  return new Map(accepted.map(([key, slot]) => [key, { accepted: slot.accepted, digest: digestOf(slot) }]));
}

function digestOf({ value }: Slot): string {
  return createHash('sha256').update(value).digest('base64url').slice(0, DIGEST_CHARACTERS);
}
