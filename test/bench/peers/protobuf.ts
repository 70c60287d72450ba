// As much of the protobuf wire format as the messages of etcd need: whole numbers, bytes, and messages in messages.

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

/** Its own encoding: fields one behind the other make a message. */
export type Field = Uint8Array;

export function numberField(field: number, value: number): Field {
  return Buffer.concat([varint(field * 8 + VARINT), varint(value)]);
}

export function bytesField(field: number, value: Uint8Array | string): Field {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([varint(field * 8 + LENGTH), varint(bytes.length), bytes]);
}

export function message(fields: readonly Field[]): Uint8Array {
  return Buffer.concat(fields);
}

export interface Message {
  /** 0 when it is missing, as protobuf has it. Numbers beyond 2^53 lose their last digits. */
  number(field: number): number;
  /** Of a repeated field the first. */
  bytes(field: number): Uint8Array | undefined;
  message(field: number): Message | undefined;
}

/** @throws RangeError when the bytes end within a field or have a type that proto3 does not know. */
export function readMessage(bytes: Uint8Array): Message {
  const numbers = new Map<number, number>();
  const parts = new Map<number, Uint8Array>();
  const reader = { bytes, at: 0 };
  while (reader.at < bytes.length) {
    const tag = readVarint(reader);
    const field = Math.floor(tag / 8);
    switch (tag % 8) {
      case VARINT:
        numbers.set(field, readVarint(reader));
        break;
      case LENGTH: {
        const part = take(reader, readVarint(reader));
        if (!parts.has(field)) parts.set(field, part);
        break;
      }
      case FIXED64:
        take(reader, 8);
        break;
      case FIXED32:
        take(reader, 4);
        break;
      default:
        throw new RangeError(`Cannot read a protobuf field of wire type ${tag % 8}`);
    }
  }
  return {
    number: field => numbers.get(field) ?? 0,
    bytes: field => parts.get(field),
    message: field => {
      const part = parts.get(field);
      return part === undefined ? undefined : readMessage(part);
    },
  };
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

function varint(value: number): Uint8Array {
  const bytes = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function readVarint(reader: Reader): number {
  let value = 0;
  for (let scale = 1; ; scale *= 0x80) {
    const byte = reader.bytes[reader.at];
    if (byte === undefined) throw new RangeError('A protobuf message ends within a field');
    reader.at += 1;
    value += (byte % 0x80) * scale;
    if (byte < 0x80) return value;
  }
}

function take(reader: Reader, length: number): Uint8Array {
  const end = reader.at + length;
  if (end > reader.bytes.length) throw new RangeError('A protobuf message ends within a field');
  const part = reader.bytes.subarray(reader.at, end);
  reader.at = end;
  return part;
}
