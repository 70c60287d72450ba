// How proposers ask acceptors which keys they have, page by page, and what those answer: each one item of a message
// (message-codec.ts).

import {
  ALL,
  type Cluster,
  type Decoded,
  decodeItems,
  type Envelope,
  type Epoch,
  encodeItems,
} from './message-codec.ts';
import { atMost, keyBefore, keyOf, oneOf, partitionNumber } from './message-fields.ts';

/** So many keys a page, and none that is longer than a key may be: it fits a message. */
export const PAGE_KEYS_MAX = 2000;

/** The keys of a partition after this one, '' for the first. */
export interface KeysQuestion {
  readonly partition: number;
  readonly after: string;
}

/** In ascending order; without being the last page it has PAGE_KEYS_MAX of them. */
export interface KeysPage extends KeysQuestion {
  readonly keys: readonly string[];
  readonly isLast: boolean;
}

export function encodeKeysQuestion(own: Epoch, sender: string, question: KeysQuestion): Uint8Array {
  const { partition, after } = question;
  return encodeItems(own, { sender, recipient: ALL, items: [[partition, after]] }, fields => fields);
}

export function decodeKeysQuestion(
  ours: Cluster,
  bytes: Uint8Array,
): Decoded<KeysQuestion, Envelope<KeysQuestion> & { readonly question: KeysQuestion }> {
  return decodeItems(ours, bytes, questionOf, envelope => ({ ...envelope, question: oneOf(envelope.items) }));
}

export function encodeKeysPage(own: Epoch, sender: string, recipient: string, page: KeysPage): Uint8Array {
  const { partition, after, keys, isLast } = page;
  return encodeItems(own, { sender, recipient, items: [[partition, after, keys, isLast]] }, fields => fields);
}

export function decodeKeysPage(
  ours: Cluster,
  bytes: Uint8Array,
): Decoded<KeysPage, Envelope<KeysPage> & { readonly page: KeysPage }> {
  return decodeItems(ours, bytes, pageOf, envelope => ({ ...envelope, page: oneOf(envelope.items) }));
}

function questionOf([partition, after]: readonly unknown[]): KeysQuestion {
  return { partition: partitionNumber(partition), after: keyBefore(after) };
}

function pageOf([partition, after, keys, isLast]: readonly unknown[]): KeysPage {
  const some = atMost(PAGE_KEYS_MAX, 'keys', keys).map(keyOf);
  return { ...questionOf([partition, after]), keys: some, isLast: isLast === true };
}
