// Makes bad messages of good ones: by the tree that they decode to, by their bytes, and by sheer size.

import type { Dice } from '../simulation/dice.ts';

/** What a NATS server carries in one message, unless it is told otherwise. */
export const MESSAGE_BYTES_MAX = 1024 * 1024;

/** Has the names that conversions call, and they are no functions. */
const UNCONVERTIBLE = { toString: 1, valueOf: 1, toJSON: 1 };
const PROTO: unknown = JSON.parse('{"__proto__": {"polluted": true}}');

const NASTY: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -0,
    1,
    -1,
    1.5,
    1e308,
    2 ** 31,
    2 ** 32,
    2 ** 52,
    2 ** 53 - 1,
    2 ** 53,
    -(2 ** 53),
  ],
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MIN_VALUE],
  ...['', 'a', '*', '>', '.', 'a..b', 'a b', '__proto__', 'constructor', '\0', '\r\nX: 1', '\ud800', 'é'],
  ...['x'.repeat(255), 'x'.repeat(256), 'ü'.repeat(5000), '9'.repeat(400)],
  ...[new Uint8Array(0), new Uint8Array(1), new Uint8Array(300)],
  ...[[], {}, [[]], UNCONVERTIBLE, PROTO, { constructor: { prototype: 1 } }, { length: 2 ** 32 - 1 }],
  ...[{ '0': 1, '4294967294': 2 }, [UNCONVERTIBLE], { hasOwnProperty: 1 }],
];

/** A tree of plain objects, arrays and scalars with some of its nodes replaced, doubled, moved or dropped. */
export function mutatedTree(tree: unknown, dice: Dice): unknown {
  let result = tree;
  for (let i = dice.whole(1, 3); i > 0; i--) result = mutatedOnce(result, dice);
  return result;
}

function mutatedOnce(tree: unknown, dice: Dice): unknown {
  const isLeaf = typeof tree !== 'object' || tree === null || tree instanceof Uint8Array;
  if (isLeaf || dice.chance(0.15)) return replacement(tree, dice);
  if (Array.isArray(tree)) return mutatedArray(tree, dice);
  return Object.fromEntries(mutatedFields(Object.entries(tree), dice));
}

function mutatedArray(items: readonly unknown[], dice: Dice): readonly unknown[] {
  if (items.length === 0) return [dice.pick(NASTY)];
  const at = dice.below(items.length);
  switch (dice.below(6)) {
    case 0:
      return items.toSpliced(at, 1);
    case 1:
      return items.toSpliced(at, 0, dice.pick(items));
    case 2:
      return [...items, dice.pick(NASTY)];
    default:
      return items.with(at, mutatedOnce(items[at], dice));
  }
}

type Field = [name: string, value: unknown];

function mutatedFields(fields: readonly Field[], dice: Dice): readonly Field[] {
  const name = String(
    dice.pick(['value', 'id', 'version', 'expect', 'args', 'é', '\0', 'x'.repeat(300), '']),
  );
  if (fields.length === 0) return [[name, dice.pick(NASTY)]];
  const at = dice.below(fields.length);
  const [, value] = dice.pick(fields);
  switch (dice.below(6)) {
    case 0:
      return fields.toSpliced(at, 1);
    case 1:
      return [...fields, [name, value]];
    case 2:
      return [...fields, [name, dice.pick(NASTY)]];
    default:
      return fields.map((field, i) => (i === at ? [field[0], mutatedOnce(field[1], dice)] : field));
  }
}

function replacement(node: unknown, dice: Dice): unknown {
  switch (dice.below(8)) {
    case 0:
      return nested(node, dice.whole(1, 60), dice);
    case 1:
      return typeof node === 'number' ? node + dice.pick([1, -1, 0.5, 2 ** 32, 2 ** 53]) : node;
    case 2:
      return typeof node === 'string'
        ? node + String(dice.pick(['', '.', '..', '*', '\0', '\ud83d', 'ü']))
        : node;
    case 3:
      return Array.from({ length: dice.whole(2, 30) }, () => node);
    default:
      return dice.pick(NASTY);
  }
}

function nested(node: unknown, depth: number, dice: Dice): unknown {
  let result = node;
  for (let i = 0; i < depth; i++) result = dice.chance(0.5) ? [result] : { a: result };
  return result;
}

/** MessagePack's own bytes: headers of maps, arrays, strings, numbers and extensions, and JSON's. */
const HEADERS = [
  ...Array.from({ length: 0x40 }, (_, i) => 0xc0 + i),
  ...[0x72, 0x80, 0x81, 0x8f, 0x90, 0x91, 0x9f, 0xa0, 0xa9, 0xbf],
  ...Buffer.from('{}[]":,\\0e-'),
];

/** The bytes, some of them replaced, dropped, doubled, cut off, or taken from another message. */
export function mutatedBytes(good: Uint8Array, other: Uint8Array, dice: Dice): Uint8Array {
  let bytes = [...good];
  for (let i = dice.whole(1, 4); i > 0; i--) {
    const at = dice.below(bytes.length + 1);
    const length = dice.whole(1, 8);
    switch (dice.below(8)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << dice.below(8));
        break;
      case 1:
        bytes = bytes.toSpliced(at, length);
        break;
      case 2:
        bytes = bytes.toSpliced(at, 0, ...bytes.slice(at, at + length));
        break;
      case 3:
        bytes = bytes.slice(0, at);
        break;
      case 4:
        bytes = bytes.toSpliced(
          at,
          4,
          ...dice.pick([
            [0xff, 0xff, 0xff, 0xff],
            [0, 0, 0xff, 0xff],
            [0x7f, 0, 0, 0],
          ]),
        );
        break;
      case 5:
        bytes = [...bytes.slice(0, at), ...other.subarray(dice.below(other.length + 1))];
        break;
      default:
        bytes[at] = dice.chance(0.7) ? dice.pick(HEADERS) : dice.below(256);
    }
  }
  return Uint8Array.from(bytes);
}

const SMALLEST_VALUES = [
  [0x80],
  [0x90],
  [0xa0],
  [0xc0],
  [0x01],
  [0xc4, 0],
  [0x81, 0xa0, 0xc0],
  [0xcf, 255, 255, 255, 255, 255, 255, 255, 255],
];
const JSON_PARTS = ['[', '{"a":', '{},', '[],', '0,', '"",', '9', '\\u0000', '\\ud800', '\\"', ' ', '"a":1,'];

/** As much as a message may hold of what is smallest on the wire and largest in memory, behind a good beginning. */
export function bomb(before: Uint8Array, format: 'json' | 'msgpack', dice: Dice): Uint8Array {
  const size = dice.whole(1000, MESSAGE_BYTES_MAX - before.length - 16);
  if (format === 'json') {
    const part = dice.pick(JSON_PARTS);
    const opening = dice.pick(['', '[', '{', '"', '-']);
    const closing = dice.pick(['', ']', '}', '"', 'null]', ']}', '"}']);
    const room = size - opening.length - closing.length;
    return Buffer.concat([
      before,
      Buffer.from(opening + part.repeat(Math.floor(room / part.length)) + closing),
    ]);
  }
  if (dice.chance(0.2)) return Buffer.concat([before, distinctMaps(size)]);
  const item = dice.pick(SMALLEST_VALUES);
  const count = Math.floor(size / item.length);
  const header = Buffer.from([dice.pick([0xdd, 0xdd, 0xdf, 0xdb, 0xc6]), 0, 0, 0, 0]);
  header.writeUInt32BE(header[0] === 0xdf ? count >> 1 : count, 1);
  const deep = Buffer.alloc(size, dice.pick([0x91, 0x81]));
  const wide = Buffer.concat([header, Buffer.alloc(count * item.length, Uint8Array.from(item))]);
  return Buffer.concat([before, dice.chance(0.2) ? deep : wide]);
}

/** An array of maps of one field each, and no two of the same name: nothing that a decoder can share. */
function distinctMaps(size: number): Uint8Array {
  const map = Buffer.from([0x81, 0xa3, 0, 0, 0, 0xc0]);
  const count = Math.floor(size / map.length);
  const bytes = Buffer.alloc(5 + count * map.length, 0xdd);
  bytes.writeUInt32BE(count, 1);
  for (let i = 0; i < count; i++) {
    const name = [i >> 14, i >> 7, i].map(part => part & 0x7f);
    map.set(name, 2);
    map.copy(bytes, 5 + i * map.length);
  }
  return bytes;
}
