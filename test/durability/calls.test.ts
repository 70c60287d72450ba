import test from 'ava';
import { parseCalls } from './calls.ts';

test('parseCalls() reads what was written where, and puts the halves of a call together', t => {
  const file = escaped('/d/acceptor.db');
  const text = [
    `7 openat(AT_FDCWD<${escaped('/d')}>, "${file}", O_RDWR|O_CREAT|O_CLOEXEC, 0644) = 18<${file}>`,
    `7 pwrite64(18<${file}>, "${escaped('page')}", 4, 4096 <unfinished ...>`,
    `8 write(19<${escaped('socket:[5]')}>, "${escaped('PUB a 1')}", 7) = 3`,
    '7 <... pwrite64 resumed>)           = 4',
    `7 pwrite64(18<${file}>, "${escaped('page')}", 4, 0) = -1 ENOSPC (No space left on device)`,
    `7 fsync(18<${file}>) = ?`,
    `8 fsync(21<${escaped('/elsewhere')}>) = 0`,
    `8 unlink("${file}") = 0`,
  ].join('\n');
  const path = '/d/acceptor.db';
  t.deepEqual(parseCalls(text, name => name.startsWith('/d')).calls, [
    { kind: 'create', path, start: 0, end: 1 },
    { kind: 'write', path, start: 2, end: 7, offset: 4096, bytes: Buffer.from('page') },
    { kind: 'send', path: 'socket:[5]', start: 4, end: 5, bytes: Buffer.from('PUB') },
    { kind: 'sync', path, start: 10, end: Number.POSITIVE_INFINITY },
    { kind: 'remove', path, start: 14, end: 15 },
  ]);
});

test('parseCalls() refuses a record, when a file was changed in a way that nobody follows', t => {
  const line = `7 fallocate(18<${escaped('/d/acceptor.db')}>, 0, 0, 4096) = 0`;
  t.throws(() => parseCalls(line, () => true), { message: /by fallocate/ });
});

function escaped(text: string): string {
  return [...Buffer.from(text)].map(byte => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}
