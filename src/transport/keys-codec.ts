// How proposers ask acceptors what they have, page by page, and what those answer: each one item of a message
// (envelope-codec.ts).

import type { Ballot } from '../protocol/ballot.ts';
import type { Held, Told } from '../protocol/carrying.ts';
import {
  ALL,
  type Cluster,
  type Decoded,
  decodeItems,
  type Envelope,
  type Epoch,
  encodeItems,
} from './envelope-codec.ts';
import { remainsIn } from './message-codec.ts';
import {
  array,
  atMost,
  bytesOf,
  counter,
  keyBefore,
  keyOf,
  oneOf,
  partitionNumber,
  text,
} from './message-fields.ts';

/** Keys in a page: an acceptor has them in one turn. */
export const PAGE_KEYS_MAX = 256;

/** The keys of a partition after this one, '' for the first. */
export interface KeysQuestion {
  readonly partition: number;
  readonly after: string;
  /** Who is to tell the values as well. */
  readonly source: string;
  /** Matches an answer to its question: one to an earlier question is older than this one. */
  readonly serial: number;
  /** Whether only those keys are wanted whose value is an unset register or one whose time is over. */
  readonly isOver: boolean;
}

/** In ascending order of the keys. */
export interface KeysPage extends KeysQuestion, Told {
  /** The last key that was looked at: the next page comes after it. */
  readonly end: string;
  /** Whether the partition has nothing behind them. */
  readonly isLast: boolean;
}

export function encodeKeysQuestion(own: Epoch, sender: string, question: KeysQuestion): Uint8Array {
  return encodeItems(
    own,
    { sender, recipient: ALL, items: [{ ...question, kind: 'key question' }] },
    questionFields,
  );
}

export function decodeKeysQuestion(
  ours: Cluster,
  bytes: Uint8Array,
): Decoded<KeysQuestion, Envelope<KeysQuestion> & { readonly question: KeysQuestion }> {
  return decodeItems(ours, bytes, questionOf, envelope => ({ ...envelope, question: oneOf(envelope.items) }));
}

export function encodeKeysPage(own: Epoch, sender: string, recipient: string, page: KeysPage): Uint8Array {
  return encodeItems(own, { sender, recipient, items: [{ ...page, kind: 'key page' }] }, pageFields);
}

export function decodeKeysPage(
  ours: Cluster,
  bytes: Uint8Array,
): Decoded<KeysPage, Envelope<KeysPage> & { readonly page: KeysPage }> {
  return decodeItems(ours, bytes, pageOf, envelope => ({ ...envelope, page: oneOf(envelope.items) }));
}

function questionFields({ partition, after, source, serial, isOver }: KeysQuestion): readonly unknown[] {
  return [partition, after, source, serial, isOver];
}

function questionOf([partition, after, source, serial, isOver]: readonly unknown[]): KeysQuestion {
  return {
    partition: partitionNumber(partition),
    after: keyBefore(after),
    source: text(source),
    serial: counter(serial, 0),
    isOver: isOver === true,
  };
}

function pageFields(page: KeysPage): readonly unknown[] {
  const { floor, closedTo, remains, holdings, isLast, end } = page;
  const told = holdings.map(({ key, promised, accepted, value }) => {
    return [key, promised.counter, promised.proposer, accepted.counter, accepted.proposer, value ?? null];
  });
  const place = [floor.counter, floor.proposer, remains ?? null];
  return [...questionFields(page), ...place, told, isLast, end, closedTo ?? -1];
}

function pageOf(fields: readonly unknown[]): KeysPage {
  const [partition, after, source, serial, isOver, number, proposer, remains, told, isLast, end, closedTo] =
    fields;
  return {
    ...questionOf([partition, after, source, serial, isOver]),
    floor: ballotOf(number, proposer),
    remains: remains === null ? undefined : remainsIn(remains),
    holdings: atMost(PAGE_KEYS_MAX, 'keys', told).map(holdingOf),
    closedTo: closedTo === -1 ? -1 : counter(closedTo, 0),
    isLast: isLast === true,
    end: keyBefore(end),
  };
}

function holdingOf(candidate: unknown): Held {
  const [key, promise, promiser, acceptance, accepter, value] = array(candidate);
  return {
    key: keyOf(key),
    promised: ballotOf(promise, promiser),
    accepted: ballotOf(acceptance, accepter),
    value: value === null ? undefined : bytesOf(value, length => length > 0),
  };
}

function ballotOf(number: unknown, proposer: unknown): Ballot {
  return { counter: counter(number, 0), proposer: text(proposer) };
}
