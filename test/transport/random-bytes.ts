// Random bytes for decoders: plain noise, noise that looks like msgpack, and good bytes with some changed.

import fc from 'fast-check';

const headers = fc.constantFrom(
  ...[
    0x80, 0x81, 0x8f, 0x90, 0x91, 0x96, 0x9f, 0xa0, 0xa1, 0xbf, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6,
    0xc7,
  ],
  ...[
    0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8,
    0xd9,
  ],
  ...[0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0xff, 0x00, 0x01, 0x40, 0x72, 0x7f],
);

const noise = fc.uint8Array({ maxLength: 60 });
const likely = fc.array(headers, { maxLength: 60 }).map(bytes => Uint8Array.from(bytes));

export const randomBytes: fc.Arbitrary<Uint8Array> = fc.oneof(noise, likely);

/** Good bytes, cut short, made longer, or with some of them replaced. */
export function damaged(good: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const changes = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat(255), headers)), { maxLength: 3 });
  return fc
    .tuple(good, changes, fc.option(fc.nat(), { nil: undefined, freq: 3 }), noise)
    .map(([bytes, list, cut, tail]) => {
      const copy = Uint8Array.from(bytes);
      for (const [at, byte] of list) copy[at % Math.max(copy.length, 1)] = byte;
      if (cut === undefined) return copy;
      return cut % 2 === 0 ? copy.subarray(0, cut % (copy.length + 1)) : Uint8Array.from([...copy, ...tail]);
    });
}
