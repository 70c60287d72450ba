// The slots that lie in one page of an acceptor's SQLite file, read without SQLite: from a page as it was
// written, in the file or in a frame of the WAL (https://sqlite.org/fileformat2.html, sections 1.6 and 2.1).

import type { Slot } from '../../src/protocol/acceptor.ts';
import { decodeSlot } from '../../src/storage/slot-record.ts';

export const PAGE_BYTES = 4096;
const TABLE_LEAF = 0x0d;
const HEADER_BYTES = 8;
/** A larger row goes on in another page; the recorded acceptors are given none. */
const LOCAL_BYTES_MAX = PAGE_BYTES - 35;
/** The type numbers of a text and of a blob of n bytes are these and 2n. */
const TEXT = 13;
const BLOB = 12;
/** What stands for the number of the row, which is kept before it. */
const NULL = 0;

/** Empty for a page of another kind. @throws StoreError when a slot does not match its checksum. */
export function slotsOfPage(page: Buffer, storeId: string): ReadonlyMap<string, Slot> {
  const slots = new Map<string, Slot>();
  if (page[0] !== TABLE_LEAF) return slots;
  for (let cell = 0; cell < page.readUInt16BE(3); cell++) {
    const row = rowAt(page, page.readUInt16BE(HEADER_BYTES + 2 * cell));
    if (row !== undefined) slots.set(row.key, decodeSlot({ storeId, key: row.key }, row.slot));
  }
  return slots;
}

/** Undefined for a row that is not a number, a text and a blob, as in SQLite's own tables. */
function rowAt(page: Buffer, at: number): { readonly key: string; readonly slot: Buffer } | undefined {
  const payload = varint(page, at);
  if (payload.value > LOCAL_BYTES_MAX) throw new RangeError('Cannot read a row that goes on in another page');
  const start = varint(page, payload.next).next;
  const header = varint(page, start);
  const number = varint(page, header.next);
  const key = varint(page, number.next);
  const slot = varint(page, key.next);
  const isRow =
    number.value === NULL &&
    slot.next === start + header.value &&
    key.value % 2 === 1 &&
    slot.value % 2 === 0;
  if (!isRow || key.value < TEXT || slot.value < BLOB) return undefined;
  const keyAt = start + header.value;
  const slotAt = keyAt + (key.value - TEXT) / 2;
  const slotEnd = slotAt + (slot.value - BLOB) / 2;
  return { key: page.toString('utf8', keyAt, slotAt), slot: page.subarray(slotAt, slotEnd) };
}

function varint(page: Buffer, at: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let next = at; ; next++) {
    const byte = page.readUInt8(next);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, next: next + 1 };
  }
}
