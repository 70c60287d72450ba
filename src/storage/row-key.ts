// Under which key a slot is in the table: its partition goes before, so that the keys of a partition lie together
// in the index. A floor is kept as the slot of its own name, outside of all partitions.

import { isKey, partitionOf } from '../protocol/partition.ts';

export function rowKeyOf(key: string): string {
  return isKey(key) ? prefixOf(partitionOf(key)) + key : key;
}

export function keyOfRow(rowKey: string): string {
  return isKey(rowKey) ? rowKey.slice(2) : rowKey;
}

/** The row keys of a partition: from the first on and below the second. */
export function rowKeysOf(partition: number): readonly [from: string, to: string] {
  const prefix = prefixOf(partition);
  // Keys are ASCII, so nothing that begins with the prefix comes after this.
  return [prefix, `${prefix}\u007f`];
}

function prefixOf(partition: number): string {
  return partition.toString(16).padStart(2, '0');
}
