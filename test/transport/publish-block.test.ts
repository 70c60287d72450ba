import test from 'ava';
import { publishBlock } from '../../src/transport/publish-block.ts';

function textOf(block: Uint8Array): string {
  return Buffer.from(block).toString();
}

test('publishBlock() is one command after the other', t => {
  t.is(
    textOf(publishBlock(['a', 'b.c'], Buffer.from('xyz'), undefined)),
    'PUB a 3\r\nxyz\r\nPUB b.c 3\r\nxyz\r\n',
  );
});

test('publishBlock() counts the bytes of the headers by themselves and with the body', t => {
  const headers = new Map([
    ['Name', ' x '],
    ['Other', 'y'],
  ]);
  const head = 'NATS/1.0\r\nName: x\r\nOther: y\r\n\r\n';
  t.is(
    textOf(publishBlock(['a'], Buffer.from('xyz'), headers)),
    `HPUB a ${head.length} ${head.length + 3}\r\n${head}xyz\r\n`,
  );
});

test('publishBlock() takes any bytes, and counts bytes and not characters', t => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const block = Buffer.from(publishBlock(['schlüssel'], bytes, new Map([['Name', 'größe €']])));
  const head = Buffer.from('NATS/1.0\r\nName: größe €\r\n\r\n');
  const first = Buffer.from(`HPUB schlüssel ${head.length} ${head.length + 256}\r\n`);
  t.deepEqual(block, Buffer.concat([first, head, bytes, Buffer.from('\r\n')]));
});
