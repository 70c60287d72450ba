// Packing: the items of one turn travel together, in as few messages as the broker's size limit allows.

import type { Command, Reply } from '../protocol/messages.ts';
import { itemBytes } from '../transport/message-codec.ts';

/** Half of what a NATS server carries by default (1 MiB): the estimate need not be exact. */
const MESSAGE_BYTES_MAX = 512 * 1024;
/** A turn of an acceptor should not be made of one message alone. */
const MESSAGE_ITEMS_MAX = 256;

export function* packed<Item extends Command | Reply>(items: readonly Item[]): Generator<readonly Item[]> {
  let start = 0;
  let bytes = 0;
  for (const [i, item] of items.entries()) {
    const size = itemBytes(item);
    if (i > start && (bytes + size > MESSAGE_BYTES_MAX || i - start >= MESSAGE_ITEMS_MAX)) {
      yield items.slice(start, i);
      start = i;
      bytes = 0;
    }
    bytes += size;
  }
  if (start < items.length) yield start === 0 ? items : items.slice(start);
}
