// What an operator's tool asks an acceptor about what it holds, and the answer: one item each, as in envelope-codec.ts. Nothing
// here can change an acceptor, and no value is told, only its digest.

import type { Holding } from '../protocol/comparison.ts';
import type { Configuration } from '../protocol/quorum.ts';
import { type Decoded, decodeItems, type Envelope, encodeItems } from './envelope-codec.ts';
import {
  array,
  atMost,
  counter,
  keyBefore,
  keyOf,
  Malformed,
  oneOf,
  partitionNumber,
  text,
} from './message-fields.ts';
import { shown } from './shown.ts';

/** Keys in one question or answer. Their values, at most 256 KiB each by default, are in memory at once. */
export const LISTED_KEYS_MAX = 128;

/** `serial` matches an answer to its question. */
export type Question = { readonly serial: number } & (
  | { readonly kind: 'page'; readonly partition: number; readonly after: string }
  | { readonly kind: 'keys'; readonly keys: readonly string[] }
);

export interface Listing {
  readonly serial: number;
  /** The keys with an accepted value, of those that were asked for. */
  readonly held: ReadonlyMap<string, Holding>;
  /** Where the next page begins, when there is one: after this key. */
  readonly next: string | undefined;
}

interface One<Item> {
  readonly sender: string;
  readonly recipient: string;
  readonly item: Item;
}

const PAGE = 0;
const KEYS = 1;

export function encodeQuestion(configuration: Configuration, { item, ...rest }: One<Question>): Uint8Array {
  return encodeItems(configuration, { ...rest, items: [item] }, questionItem);
}

export function encodeListing(configuration: Configuration, { item, ...rest }: One<Listing>): Uint8Array {
  return encodeItems(configuration, { ...rest, items: [{ ...item, kind: 'listing' }] }, listingItem);
}

export function decodeQuestion(
  configuration: Configuration,
  bytes: Uint8Array,
): Decoded<Question, One<Question>> {
  return decodeItems(configuration, bytes, questionOf, withItem);
}

export function decodeListing(
  configuration: Configuration,
  bytes: Uint8Array,
): Decoded<Listing, One<Listing>> {
  return decodeItems(configuration, bytes, listingOf, withItem);
}

function withItem<Item>({ sender, recipient, items }: Envelope<Item>): One<Item> {
  return { sender, recipient, item: oneOf(items) };
}

function questionItem(question: Question): readonly unknown[] {
  switch (question.kind) {
    case 'page':
      return [PAGE, question.serial, question.partition, question.after];
    case 'keys':
      return [KEYS, question.serial, question.keys];
  }
}

function questionOf([kind, number, subject, after]: readonly unknown[]): Question {
  const serial = counter(number, 1);
  switch (kind) {
    case PAGE:
      return { kind: 'page', serial, partition: partitionNumber(subject), after: keyBefore(after) };
    case KEYS:
      return { kind: 'keys', serial, keys: atMost(LISTED_KEYS_MAX, 'keys', subject).map(keyOf) };
    default:
      throw new Malformed(`question ${shown(kind)} is unknown`);
  }
}

function listingItem({ serial, held, next }: Listing): readonly unknown[] {
  const entries = [...held].map(([key, { accepted, digest }]) => {
    return [key, accepted.counter, accepted.proposer, digest];
  });
  return [serial, entries, next ?? null];
}

function listingOf([serial, entries, next]: readonly unknown[]): Listing {
  return {
    serial: counter(serial, 1),
    held: new Map(atMost(LISTED_KEYS_MAX, 'keys', entries).map(holdingOf)),
    next: next === null ? undefined : keyOf(next),
  };
}

function holdingOf(candidate: unknown): [string, Holding] {
  const [key, number, proposer, digest] = array(candidate);
  return [
    keyOf(key),
    { accepted: { counter: counter(number, 1), proposer: text(proposer) }, digest: text(digest) },
  ];
}
