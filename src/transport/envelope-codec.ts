// What all messages between nodes have in common: one MessagePack array a turn,
// `[wire version, cluster, epoch, sender, recipient, items, first, second, founder]`. What its items are, and the two parts of its tail that
// a kind may use, says the codec of their kind. The founder of the cluster is there where the sender knows it (S6); builds before that do not look so far.
// Bytes are checked here once, so that inside there are only well-formed messages of this cluster.

import { haveTwoFounders } from '../protocol/founder.ts';
import type { Configuration } from '../protocol/quorum.ts';
import { array, counter, Malformed, nodeName, text } from './message-fields.ts';
import { pack, unpack } from './msgpack.ts';
import { shown } from './shown.ts';
import { type Kinded, wireVersionOf, wireVersionProblem } from './wire-version.ts';

/** Addressed to every acceptor. */
export const ALL = '*';
/** Where a kind has no tail: builds that do not know founders take it for an empty list. */
const NOTHING: readonly unknown[] = [];

export interface Envelope<Item> {
  /** Of the sender's cluster, if it told. */
  readonly founder?: string | undefined;
  /** Of the sender. Whoever is in another one leaves the items unread, and tells which it is in (C2). */
  readonly epoch: number;
  readonly sender: string;
  readonly recipient: string;
  readonly items: readonly Item[];
}

/** What a receiver checks, and what a sender says of itself. */
export type Cluster = Pick<Configuration, 'cluster' | 'founder'>;
export type Epoch = Pick<Configuration, 'cluster' | 'founder' | 'epoch'>;
export type Unsent<Whole> = Omit<Whole, 'epoch' | 'founder'>;

export type Decoded<Item, Whole = Envelope<Item>> =
  | { readonly kind: 'envelope'; readonly envelope: Whole }
  | { readonly kind: 'refused'; readonly why: string };

export function encodeItems<Item extends Kinded>(
  { cluster, founder, epoch }: Epoch,
  { sender, recipient, items }: Unsent<Envelope<Item>>,
  itemOf: (item: Item) => readonly unknown[],
  ...tail: readonly [first?: unknown, second?: unknown]
): Uint8Array {
  const head = [wireVersionOf(items), cluster, epoch, sender, recipient, items.map(itemOf)];
  if (founder === undefined) return pack([...head, ...tail]);
  const [first = NOTHING, second = NOTHING] = tail;
  return pack([...head, first, second, founder]);
}

export function decodeItems<Item>(
  ours: Cluster,
  bytes: Uint8Array,
  itemOf: (fields: readonly unknown[], sender: string) => Item,
): Decoded<Item>;
export function decodeItems<Item, Whole>(
  ours: Cluster,
  bytes: Uint8Array,
  itemOf: (fields: readonly unknown[], sender: string) => Item,
  wholeOf: (envelope: Envelope<Item>, tail: readonly unknown[]) => Whole,
): Decoded<Item, Whole>;
export function decodeItems<Item>(
  ours: Cluster,
  bytes: Uint8Array,
  itemOf: (fields: readonly unknown[], sender: string) => Item,
  wholeOf: (envelope: Envelope<Item>, tail: readonly unknown[]) => unknown = envelope => envelope,
): Decoded<Item, unknown> {
  const unpacked = unpack(bytes);
  if (unpacked.kind === 'refused') return unpacked;
  try {
    const [version, cluster, epoch, sender, recipient, items, first, second, last] = array(unpacked.value);
    const problem = wireVersionProblem(version);
    if (problem !== undefined) throw new Malformed(problem);
    if (cluster !== ours.cluster) throw new Malformed(`it is of cluster ${shown(cluster)}`);
    const founder = last === undefined ? undefined : text(last);
    if (haveTwoFounders(ours.founder, founder))
      throw new Malformed(`it is of another cluster ${shown(cluster)}, whose founder is ${shown(founder)}`);
    const from = nodeName(sender);
    const envelope = {
      founder,
      epoch: counter(epoch, 0),
      sender: from,
      recipient: text(recipient),
      items: array(items).map(item => itemOf(array(item), from)),
    };
    return { kind: 'envelope', envelope: wholeOf(envelope, [first, second]) };
  } catch (error) {
    if (error instanceof Malformed) return { kind: 'refused', why: error.message };
    throw error;
  }
}
