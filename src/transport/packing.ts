// Packing: the items of one turn travel together, in as few messages as the broker's size limit and wire versions allow.

import { byWireVersion, type Kinded } from './wire-version.ts';

/** What a NATS server carries by default. What proposers and acceptors say to each other counts on it. */
export const PAYLOAD_BYTES_MIN = 1024 * 1024;
/** Half of that: the estimate need not be exact. */
export const MESSAGE_BYTES_MAX = PAYLOAD_BYTES_MIN / 2;
/** A turn of an acceptor should not be made of one message alone. */
const MESSAGE_ITEMS_MAX = 256;

export function* packed<Item extends Kinded>(
  items: readonly Item[],
  bytesOf: (item: Item) => number,
): Generator<readonly Item[]> {
  for (const some of byWireVersion(items)) yield* filled(some, bytesOf);
}

function* filled<Item>(items: readonly Item[], bytesOf: (item: Item) => number): Generator<readonly Item[]> {
  let start = 0;
  let bytes = 0;
  for (const [i, item] of items.entries()) {
    const size = bytesOf(item);
    if (i > start && (bytes + size > MESSAGE_BYTES_MAX || i - start >= MESSAGE_ITEMS_MAX)) {
      yield items.slice(start, i);
      start = i;
      bytes = 0;
    }
    bytes += size;
  }
  if (start < items.length) yield start === 0 ? items : items.slice(start);
}
