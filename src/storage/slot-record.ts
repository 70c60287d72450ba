// One slot as the bytes of one database column, with a checksum that covers its key and its store too (S1): SQLite
// does not checksum its pages, and a row that turns up under another key, or out of the WAL of another acceptor, is
// as wrong as a flipped bit.
//
//   version 1 byte | crc32 4, little endian | promised ballot | accepted ballot | value, to the end
//   ballot: counter 8, float64 big endian (exact to 2^53) | length of the proposer 1 | proposer, utf-8
//
// The crc covers the store id, the key's utf-8 bytes, then everything that follows the crc. Pure; where the bytes are kept
// is sqlite-store's business.

import { crc32 } from 'node:zlib';
import type { Slot } from '../protocol/acceptor.ts';
import { type Ballot, ZERO_BALLOT } from '../protocol/ballot.ts';
import { StoreError } from './store.ts';

/** 1 had no store id in its checksum. */
const VERSION = 2;
const CRC_AT = 1;
const BODY_AT = 5;
const COUNTER_BYTES = 8;
const BALLOT_BYTES_MIN = COUNTER_BYTES + 1;
const RECORD_BYTES_MIN = BODY_AT + 2 * BALLOT_BYTES_MIN;

/** What fits the length byte. */
export const PROPOSER_BYTES_MAX = 255;

/** Where a record belongs. */
export interface Place {
  readonly storeId: string;
  readonly key: string;
}

/** @throws RangeError when a ballot cannot be written; one that a proposer allotted always can. */
export function encodeSlot(place: Place, slot: Slot): Buffer {
  const record = Buffer.allocUnsafe(recordBytes(slot));
  writeSlot(place, slot, record, 0);
  return record;
}

/** How long the record of the slot is. */
export function recordBytes({ promised, accepted, value }: Slot): number {
  return BODY_AT + ballotBytes(promised) + ballotBytes(accepted) + value.length;
}

/**
 * Writes the record of the slot at a place in a longer buffer. @returns the place behind it.
 * @throws RangeError as encodeSlot().
 */
export function writeSlot(
  place: Place,
  { promised, accepted, value }: Slot,
  buffer: Buffer,
  at: number,
): number {
  buffer.writeUInt8(VERSION, at);
  const acceptedAt = writeBallot(buffer, at + BODY_AT, promised);
  const valueAt = writeBallot(buffer, acceptedAt, accepted);
  const end = valueAt + value.length;
  buffer.set(value, valueAt);
  buffer.writeUInt32LE(checksum(place, buffer.subarray(at + BODY_AT, end)), at + CRC_AT);
  return end;
}

/**
 * The slot that `record` holds. Its value shares the record's memory.
 * @throws StoreError code `corrupt` when these are not the bytes that were written for `place`.
 */
export function decodeSlot(place: Place, record: Buffer): Slot {
  const { key } = place;
  if (record.length < RECORD_BYTES_MIN)
    throw corrupt(key, `its slot is cut off after ${record.length} bytes`);
  const version = record.readUInt8(0);
  if (version !== VERSION) throw corrupt(key, `its slot has the unknown format ${version}`);
  if (record.readUInt32LE(CRC_AT) !== checksum(place, record.subarray(BODY_AT)))
    throw corrupt(key, 'its checksum does not match');

  const acceptedAt = ballotEnd(record, BODY_AT);
  if (acceptedAt + BALLOT_BYTES_MIN > record.length) throw corrupt(key, 'its promised ballot is too long');
  const valueAt = ballotEnd(record, acceptedAt);
  if (valueAt > record.length) throw corrupt(key, 'its accepted ballot is too long');
  return {
    promised: readBallot(record, BODY_AT, acceptedAt),
    accepted: readBallot(record, acceptedAt, valueAt),
    value: new Uint8Array(record.buffer, record.byteOffset + valueAt, record.length - valueAt),
  };
}

function checksum({ storeId, key }: Place, body: Buffer): number {
  return crc32(body, crc32(key, checksumOfStore(storeId)));
}

/** One process has one store: its part of the checksum is computed once. */
let lastStore = { storeId: '', crc: 0 };

function checksumOfStore(storeId: string): number {
  if (lastStore.storeId !== storeId) lastStore = { storeId, crc: crc32(storeId) };
  return lastStore.crc;
}

function ballotBytes(ballot: Ballot): number {
  const proposerBytes = Buffer.byteLength(ballot.proposer);
  if (proposerBytes > PROPOSER_BYTES_MAX) {
    throw new RangeError(
      `Cannot write a ballot of '${ballot.proposer}': the name is over ${PROPOSER_BYTES_MAX} bytes`,
    );
  }
  if (!Number.isSafeInteger(ballot.counter) || ballot.counter < 0) {
    throw new RangeError(`Cannot write a ballot of '${ballot.proposer}': its counter is ${ballot.counter}`);
  }
  return BALLOT_BYTES_MIN + proposerBytes;
}

/** @returns the place behind it. */
function writeBallot(buffer: Buffer, at: number, { counter, proposer }: Ballot): number {
  buffer.writeDoubleBE(counter, at);
  const bytes = buffer.write(proposer, at + BALLOT_BYTES_MIN);
  buffer.writeUInt8(bytes, at + COUNTER_BYTES);
  return at + BALLOT_BYTES_MIN + bytes;
}

function ballotEnd(record: Buffer, at: number): number {
  return at + BALLOT_BYTES_MIN + record.readUInt8(at + COUNTER_BYTES);
}

function readBallot(record: Buffer, at: number, end: number): Ballot {
  const counter = record.readDoubleBE(at);
  const proposer = record.toString('utf8', at + BALLOT_BYTES_MIN, end);
  return counter === 0 && proposer === '' ? ZERO_BALLOT : { counter, proposer };
}

function corrupt(key: string, why: string): StoreError {
  return new StoreError('corrupt', `Cannot load '${key}': ${why}`);
}
