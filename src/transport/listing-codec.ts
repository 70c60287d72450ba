// What an operator's tool asks an acceptor about what it holds, and the answer: one item each, as in message-codec.ts. Nothing
// here can change an acceptor, and no value is told, only its digest.

import type { Holding } from '../protocol/comparison.ts';
import { PARTITIONS } from '../protocol/partition.ts';
import type { Configuration } from '../protocol/quorum.ts';
import { type Decoded, decodeItems, type Envelope, encodeItems } from './message-codec.ts';
import { array, counter, keyOf, Malformed, text } from './message-fields.ts';
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
  return encodeItems(configuration, { ...rest, items: [item] }, listingItem);
}

export function decodeQuestion(
  configuration: Configuration,
  bytes: Uint8Array,
): Decoded<Question, One<Question>> {
  return decodeItems(configuration, bytes, questionOf, oneOf);
}

export function decodeListing(
  configuration: Configuration,
  bytes: Uint8Array,
): Decoded<Listing, One<Listing>> {
  return decodeItems(configuration, bytes, listingOf, oneOf);
}

function oneOf<Item>({ sender, recipient, items: [item, ...others] }: Envelope<Item>): One<Item> {
  if (item === undefined || others.length > 0) throw new Malformed('it is not one item');
  return { sender, recipient, item };
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
    case PAGE: {
      const partition = counter(subject, 0);
      if (partition >= PARTITIONS) throw new Malformed(`${partition} is no partition`);
      return { kind: 'page', serial, partition, after: after === '' ? '' : keyOf(after) };
    }
    case KEYS:
      return { kind: 'keys', serial, keys: few(subject).map(keyOf) };
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
    held: new Map(few(entries).map(holdingOf)),
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

function few(candidate: unknown): readonly unknown[] {
  const entries = array(candidate);
  if (entries.length <= LISTED_KEYS_MAX) return entries;
  throw new Malformed(`${entries.length} keys are too many`);
}
