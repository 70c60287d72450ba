// The wire format: the examples of its documentation, and there and back again.

import test from 'ava';
import fc from 'fast-check';
import { bytesField, message, numberField, readMessage } from './protobuf.ts';

test('numberField() and bytesField() write what the protobuf documentation shows', t => {
  t.deepEqual([...numberField(1, 150)], [0x08, 0x96, 0x01]);
  t.deepEqual([...bytesField(2, 'testing')], [0x12, 0x07, ...Buffer.from('testing')]);
  t.deepEqual([...bytesField(3, numberField(1, 150))], [0x1a, 0x03, 0x08, 0x96, 0x01]);
});

test('readMessage() reads what was written, and 0 and nothing for what was not', t => {
  fc.assert(
    fc.property(fc.nat(Number.MAX_SAFE_INTEGER), fc.uint8Array(), fc.string(), (number, bytes, text) => {
      const inner = message([numberField(17, number), bytesField(2, text)]);
      const read = readMessage(
        message([bytesField(1, bytes), numberField(6, number), bytesField(900, inner)]),
      );
      return (
        read.number(6) === number &&
        Buffer.compare(read.bytes(1) ?? Buffer.from('none'), bytes) === 0 &&
        read.message(900)?.number(17) === number &&
        Buffer.from(read.message(900)?.bytes(2) ?? '').equals(Buffer.from(text)) &&
        read.number(5) === 0 &&
        read.message(4) === undefined
      );
    }),
  );
  t.pass();
});

test('readMessage() steps over fixed-width fields and keeps the first of a repeated one', t => {
  const fixed = [0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x15, 1, 2, 3, 4];
  const read = readMessage(Uint8Array.from([...fixed, ...bytesField(3, 'a'), ...bytesField(3, 'b')]));
  t.is(Buffer.from(read.bytes(3) ?? '').toString(), 'a');
});

test('readMessage() refuses a message that ends within a field', t => {
  for (const bytes of [[0x08], [0x12, 0x05, 0x61], [0x08, 0x80], [0x09, 1]]) {
    t.throws(() => readMessage(Uint8Array.from(bytes)), { instanceOf: RangeError });
  }
  t.throws(() => readMessage(Uint8Array.from([0x0f])), { instanceOf: RangeError, message: /wire type 7/ });
});
