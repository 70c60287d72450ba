// What an acceptor wrote into its file and when it was durable, out of the recorded calls: whole transactions of
// the WAL, and pages that a checkpoint moved into the file.

import type { Slot } from '../../src/protocol/acceptor.ts';
import type { Call } from './calls.ts';
import { PAGE_BYTES, slotsOfPage } from './page-slots.ts';

const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/** Slots that were written together. */
export interface Written {
  readonly slots: ReadonlyMap<string, Slot>;
  readonly writtenAt: number;
  /** When the first sync that began after the write was over; infinite when none was. */
  durableAt: number;
}

/** @throws Error when the acceptor writes its WAL in another way than these tests know. */
export function writtenBy(calls: readonly Call[], storeId: string): readonly Written[] {
  const all: Written[] = [];
  const wal = new WalReader(storeId);
  const unsynced = new Map<string, Written[]>();
  for (const call of calls) {
    const waiting = unsynced.get(call.path) ?? [];
    unsynced.set(call.path, waiting);
    if (call.kind === 'sync') {
      // A write that was still under way when the sync began is not covered by it.
      const isCovered = ({ writtenAt }: Written): boolean => writtenAt < call.start;
      for (const written of waiting) if (isCovered(written)) written.durableAt = call.end;
      unsynced.set(
        call.path,
        call.end === Number.POSITIVE_INFINITY ? waiting : waiting.filter(written => !isCovered(written)),
      );
    } else if (call.kind === 'write') {
      const slots = call.path.endsWith('-wal') ? wal.write(call.bytes) : pageSlots(call, storeId);
      if (slots === undefined || slots.size === 0) continue;
      const written = { slots, writtenAt: call.end, durableAt: Number.POSITIVE_INFINITY };
      all.push(written);
      waiting.push(written);
    }
  }
  return all;
}

function pageSlots(
  { path, bytes }: { readonly path: string; readonly bytes: Buffer },
  storeId: string,
): ReadonlyMap<string, Slot> | undefined {
  return path.endsWith('.db') && bytes.length === PAGE_BYTES ? slotsOfPage(bytes, storeId) : undefined;
}

/** Puts the frames of the WAL together to transactions: a frame that names a size of the file ends one. */
class WalReader {
  readonly #storeId: string;
  #slots = new Map<string, Slot>();
  #isLastFrame = false;

  constructor(storeId: string) {
    this.#storeId = storeId;
  }

  /** @returns the slots of the transaction that this write completes. */
  write(bytes: Buffer): ReadonlyMap<string, Slot> | undefined {
    switch (bytes.length) {
      case WAL_HEADER_BYTES:
        this.#slots = new Map();
        return undefined;
      case FRAME_HEADER_BYTES:
        this.#isLastFrame = bytes.readUInt32BE(4) > 0;
        return undefined;
      case PAGE_BYTES: {
        for (const [key, slot] of slotsOfPage(bytes, this.#storeId)) this.#slots.set(key, slot);
        if (!this.#isLastFrame) return undefined;
        const slots = this.#slots;
        this.#slots = new Map();
        return slots;
      }
      default:
        throw new RangeError(`A write of ${bytes.length} bytes into the WAL is neither a header nor a page`);
    }
  }
}
