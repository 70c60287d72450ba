// Values: what clients may store. The JSON types, in the range in which every language keeps them exactly.
// Owns what is a value, how large it is and when two are equal.

/**
 * What registers hold: the JSON types. 256 KiB at most by default, 32 levels deep, integers up to 2^53 - 1; no NaN, no
 * infinities, and no field named `__proto__`.
 */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [field: string]: Value };

/** How deep arrays and objects may nest: far beyond what people store, far below where recursion ends. */
export const VALUE_DEPTH_MAX = 32;

type ValueCheck =
  | { readonly kind: 'value'; readonly value: Value; readonly bytes: number }
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Checks that something decoded from outside is a value.
 * @returns the value and its size in bytes as msgpack, or the reason in words, to be put after "value ".
 */
export function checkValue(candidate: unknown): ValueCheck {
  try {
    return { kind: 'value', value: candidate as Value, bytes: measure(candidate, 0) };
  } catch (error) {
    if (error instanceof NotAValue) return { kind: 'refused', why: error.message };
    throw error;
  }
}

class NotAValue extends Error {}

/** The msgpack size of `candidate`, throwing NotAValue at the first part that is none. */
function measure(candidate: unknown, depth: number): number {
  if (typeof candidate === 'string') return measureText(candidate);
  if (typeof candidate === 'number') return measureNumber(candidate);
  if (candidate === null || typeof candidate === 'boolean') return 1;
  if (depth >= VALUE_DEPTH_MAX) throw new NotAValue(`nests deeper than ${VALUE_DEPTH_MAX} levels`);
  if (Array.isArray(candidate)) {
    let bytes = headerBytes(0, 16);
    for (const item of candidate) bytes += measure(item, depth + 1);
    return bytes;
  }
  if (isPlainObject(candidate)) {
    let bytes = headerBytes(0, 16);
    for (const field of Object.keys(candidate)) {
      if (field === '__proto__')
        throw new NotAValue("has a field named '__proto__', which is not safe to carry");
      bytes += measureText(field) + measure(candidate[field], depth + 1);
    }
    return bytes;
  }
  if (typeof candidate === 'bigint') throw new NotAValue(INEXACT);
  throw new NotAValue(`holds ${describe(candidate)}, which JSON does not have`);
}

const INEXACT =
  'holds an integer beyond 2^53 - 1, which not every language keeps exactly: send it as a string';

/** Half of a surrogate pair has no UTF-8: it would be stored as another character than was written. */
function measureText(text: string): number {
  if (/\p{Surrogate}/u.test(text))
    throw new NotAValue('holds half of a surrogate pair, which UTF-8 does not have');
  return headerBytes(utf8Bytes(text), 32);
}

/** Node counts faster by itself; browsers have nothing for it. */
const utf8Bytes = typeof Buffer === 'undefined' ? countUtf8 : (text: string) => Buffer.byteLength(text);

/** How many bytes the text has in UTF-8; without halves of surrogate pairs, of which each is 2 of 4 here. */
export function countUtf8(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) bytes += code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 1 : 2;
  }
  return bytes;
}

function measureNumber(number: number): number {
  if (!Number.isFinite(number)) throw new NotAValue(`holds ${number}, which JSON does not have`);
  if (!Number.isInteger(number)) return 9;
  if (Math.abs(number) > Number.MAX_SAFE_INTEGER) throw new NotAValue(INEXACT);
  return 9;
}

function headerBytes(length: number, short: number): number {
  return length + (length < short ? 1 : length < 256 ? 2 : length < 65_536 ? 3 : 5);
}

export function isPlainObject(candidate: unknown): candidate is Record<string, unknown> {
  if (typeof candidate !== 'object' || candidate === null) return false;
  const prototype: unknown = Object.getPrototypeOf(candidate);
  return prototype === Object.prototype || prototype === null;
}

function describe(candidate: unknown): string {
  if (candidate === undefined) return 'an undefined';
  if (candidate instanceof Uint8Array) return 'bytes';
  return `a ${typeof candidate === 'object' ? (candidate?.constructor?.name ?? 'object') : typeof candidate}`;
}

/** Equality by content: the order of an object's fields does not matter, the order of an array's items does. */
export function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => sameValue(item, b[i]));
  }
  if (!isPlainObject(a) || !isPlainObject(b)) return false;
  const fields = Object.keys(a);
  return (
    fields.length === Object.keys(b).length &&
    fields.every(field => Object.hasOwn(b, field) && sameValue(a[field] as Value, b[field] as Value))
  );
}
