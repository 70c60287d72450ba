// Bodies of client requests and replies: JSON or MessagePack, told apart by the first byte, and the reply in
// the format of the request.

import { isPlainObject } from '../protocol/value.ts';
import { pack, unpack } from './msgpack.ts';
import { BadRequest } from './service-errors.ts';

export type Format = 'json' | 'msgpack';

/** A JSON object starts with `{`, which no MessagePack map does; an empty body means `{}` in JSON. */
export function formatOf(bytes: Uint8Array): Format {
  const first = bytes[0];
  return first !== undefined && ((first & 0xf0) === 0x80 || first === 0xde || first === 0xdf)
    ? 'msgpack'
    : 'json';
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const toUtf8 = new TextEncoder();

/** @throws BadRequest when the body is no object in the format it begins like. */
export function decodeBody(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  if (bytes.length === 0) return {};
  const body = formatOf(bytes) === 'json' ? decodeJson(bytes) : decodeMsgpack(bytes);
  if (!isPlainObject(body))
    throw new BadRequest('bad_request', 'The body must be a JSON object or a msgpack map');
  return body;
}

function decodeJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BadRequest('bad_request', `The body is neither JSON nor a msgpack map: ${why}`);
  }
}

function decodeMsgpack(bytes: Uint8Array): unknown {
  const unpacked = unpack(bytes);
  if (unpacked.kind === 'value') return unpacked.value;
  throw new BadRequest('bad_request', `The body is no plain msgpack: ${unpacked.why}`);
}

export function encodeBody(format: Format, body: Readonly<Record<string, unknown>>): Uint8Array {
  return format === 'json' ? toUtf8.encode(JSON.stringify(body)) : pack(body);
}
