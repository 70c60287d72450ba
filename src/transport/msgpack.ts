// MessagePack: the only file that knows the library. Decodes untrusted bytes only after they were scanned:
// the library would otherwise act on its own record and class extensions.

import { Packr } from 'msgpackr';

// Plain MessagePack that every language reads: no records, no extensions. Other languages send small integers
// in 64 bits too, so those become numbers; from 2^53 on they round to what is refused as a value.
const packr = new Packr({
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  copyBuffers: true,
  int64AsType: 'number',
});

export function pack(value: unknown): Uint8Array {
  return packr.pack(value);
}

type Unpacked =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly why: string };

/** Decodes bytes that must be one MessagePack value of the plain types (nil, bool, int, float, str, bin, array, map). */
export function unpack(bytes: Uint8Array): Unpacked {
  const scan = new Scan(bytes);
  const why = scan.problem();
  if (why !== undefined) return { kind: 'refused', why };
  try {
    return { kind: 'value', value: packr.unpack(bytes) };
  } catch (error) {
    return { kind: 'refused', why: `the decoder failed: ${String(error)}` };
  }
}

const DEPTH_MAX = 40;
/** A binary of no bytes takes 2 on the wire and 200 in memory. Messages of nodes have one an item, far fewer than this. */
const BINARIES_MAX = 65_536;

/** Walks over the bytes without building anything, and finds what the decoder must not see. */
class Scan {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  #at = 0;
  #binaries = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  problem(): string | undefined {
    try {
      const why = this.#value(0);
      if (why !== undefined) return why;
    } catch (error) {
      if (error instanceof RangeError) return 'it ends too early';
      throw error;
    }
    return this.#at === this.#bytes.length
      ? undefined
      : `it ends too early or ${this.#left()} bytes follow it`;
  }

  #left(): number {
    return this.#bytes.length - this.#at;
  }

  #value(depth: number): string | undefined {
    if (depth > DEPTH_MAX) return `it nests deeper than ${DEPTH_MAX} levels`;
    const type = this.#view.getUint8(this.#at++);
    if (type < 0x80 || type >= 0xe0) return undefined;
    if (type < 0x90) return this.#map(type & 0x0f, depth);
    if (type < 0xa0) return this.#array(type & 0x0f, depth);
    if (type < 0xc0) return this.#skip(type & 0x1f);
    return this.#long(type, depth);
  }

  #long(type: number, depth: number): string | undefined {
    switch (type) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return undefined;
      case 0xc4:
        return this.#binary(this.#length(1));
      case 0xc5:
        return this.#binary(this.#length(2));
      case 0xc6:
        return this.#binary(this.#length(4));
      case 0xd9:
        return this.#skip(this.#length(1));
      case 0xda:
        return this.#skip(this.#length(2));
      case 0xdb:
        return this.#skip(this.#length(4));
      case 0xcc:
      case 0xd0:
        return this.#skip(1);
      case 0xcd:
      case 0xd1:
        return this.#skip(2);
      case 0xca:
      case 0xce:
      case 0xd2:
        return this.#skip(4);
      case 0xcb:
      case 0xcf:
      case 0xd3:
        return this.#skip(8);
      case 0xdc:
        return this.#array(this.#length(2), depth);
      case 0xdd:
        return this.#array(this.#length(4), depth);
      case 0xde:
        return this.#map(this.#length(2), depth);
      case 0xdf:
        return this.#map(this.#length(4), depth);
      default:
        return `byte 0x${type.toString(16)} at ${this.#at - 1} is an extension or unused, and only plain types are taken`;
    }
  }

  #length(bytes: 1 | 2 | 4): number {
    const at = this.#at;
    this.#at += bytes;
    if (bytes === 1) return this.#view.getUint8(at);
    return bytes === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  #binary(bytes: number): string | undefined {
    this.#binaries += 1;
    return this.#binaries > BINARIES_MAX ? `it has more than ${BINARIES_MAX} binaries` : this.#skip(bytes);
  }

  #skip(bytes: number): string | undefined {
    if (bytes > this.#left()) return 'it ends too early';
    this.#at += bytes;
    return undefined;
  }

  #array(items: number, depth: number): string | undefined {
    // Each item takes a byte at least: a count that cannot be true is refused before any work is done.
    if (items > this.#left()) return 'it ends too early';
    for (let i = 0; i < items; i++) {
      const why = this.#value(depth + 1);
      if (why !== undefined) return why;
    }
    return undefined;
  }

  #map(entries: number, depth: number): string | undefined {
    if (entries * 2 > this.#left()) return 'it ends too early';
    for (let i = 0; i < entries; i++) {
      const why = this.#field() ?? this.#value(depth + 1);
      if (why !== undefined) return why;
    }
    return undefined;
  }

  #field(): string | undefined {
    const at = this.#at;
    const type = this.#view.getUint8(at);
    const isText = (type >= 0xa0 && type < 0xc0) || (type >= 0xd9 && type <= 0xdb);
    if (!isText) return `the map key at ${at} is not a string`;
    const why = this.#value(0);
    if (why !== undefined) return why;
    const name = this.#bytes.subarray(at + headerBytes(type), this.#at);
    return name.length === PROTO.length && PROTO.every((byte, i) => byte === name[i])
      ? "a field is named '__proto__', which is not safe to carry"
      : undefined;
  }
}

/** What comes before the text of a string of this type: the type, and the length in 0, 1, 2 or 4 bytes. */
function headerBytes(type: number): number {
  switch (type) {
    case 0xd9:
      return 2;
    case 0xda:
      return 3;
    case 0xdb:
      return 5;
    default:
      return 1;
  }
}

const PROTO = new TextEncoder().encode('__proto__');
