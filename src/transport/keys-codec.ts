// How proposers ask acceptors which keys they have, page by page, and what those answer: each one item of a message
// (message-codec.ts).

import { PARTITIONS } from '../protocol/partition.ts';
import {
  type Cluster,
  type Decoded,
  decodeItems,
  type Envelope,
  type Epoch,
  encodeItems,
} from './message-codec.ts';
import { array, counter, keyOf, Malformed, text } from './message-fields.ts';

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
  return encodeItems(own, { sender, recipient: '*', items: [[partition, after]] }, fields => fields);
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
  const number = counter(partition, 0);
  if (number >= PARTITIONS) throw new Malformed(`there is no partition ${number}`);
  return { partition: number, after: text(after) };
}

function pageOf([partition, after, keys, isLast]: readonly unknown[]): KeysPage {
  const question = questionOf([partition, after]);
  const some = array(keys);
  if (some.length > PAGE_KEYS_MAX) throw new Malformed(`${some.length} keys are too many for a page`);
  return { ...question, keys: some.map(keyOf), isLast: isLast === true };
}

function oneOf<Item>([item, ...others]: readonly Item[]): Item {
  if (item === undefined || others.length > 0) throw new Malformed('it is not one item');
  return item;
}
