// The directory of a local cluster: one supervisor at a time, and never another membership.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { openDirectory } from '../../src/node/local/data-directory.ts';
import { lockDirectory } from '../../src/node/local/directory-lock.ts';
import { checkMembership, recordMembership } from '../../src/node/local/directory-record.ts';

const freshDirectory = () => mkdtempSync(join(tmpdir(), 'synod-directory-'));
const OF_THREE = { cluster: 'synod', acceptors: ['a1', 'a2', 'a3'] };

test('openDirectory() makes a directory with those above it, and finds it again', t => {
  const directory = join(freshDirectory(), 'b', 'c');
  t.is(
    openDirectory(directory, () => existsSync(directory)),
    true,
  );
  t.is(
    openDirectory(directory, () => 7),
    7,
  );
});

test('openDirectory() names --data and the file that is in the way', t => {
  const file = join(freshDirectory(), 'file');
  writeFileSync(file, '');
  const messageFor = (directory: string): string =>
    t.throws(() => openDirectory(directory, () => t.fail()))?.message ?? '';
  t.true(messageFor(file).startsWith(`Cannot use ${file} for --data: it is a file. Give a directory`));
  t.regex(messageFor(join(file, 'below')), /below for --data: (it is a file|a file is in its way)\./);
});

test('openDirectory() says that nothing may be written there', t => {
  const refuse = (code: string) => (): never => {
    throw Object.assign(new Error(code), { code });
  };
  const messageFor = (code: string): string =>
    t.throws(() => openDirectory(freshDirectory(), refuse(code)))?.message ?? '';
  t.regex(messageFor('EACCES'), /for --data: this user may not write there\./);
  t.regex(messageFor('EROFS'), /for --data: it is on a file system that cannot be written to\./);
});

test('lockDirectory() refuses a second holder until the first lets go', t => {
  const directory = freshDirectory();
  const unlock = lockDirectory(directory);
  t.throws(() => lockDirectory(directory), {
    message: new RegExp(`^Cannot use ${directory}: .*pid ${process.pid}`),
  });
  unlock();
  lockDirectory(directory)();
  t.false(existsSync(join(directory, 'supervisor.lock')));
});

test('lockDirectory() takes over from a process that has gone', t => {
  const directory = freshDirectory();
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  writeFileSync(join(directory, 'supervisor.lock'), `${pid} 12345\n`);
  t.notThrows(lockDirectory(directory));
});

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('openDirectory() ends where no directory can be made', t => {
  t.throws(() => openDirectory('/proc/x/y', () => t.fail()), {
    message: /^Cannot use \/proc\/x\/y for --data: nothing can be made there\./,
  });
});

onLinux('lockDirectory() takes over when the pid belongs to another process by now', t => {
  const directory = freshDirectory();
  writeFileSync(join(directory, 'supervisor.lock'), `${process.pid} 1\n`);
  t.notThrows(lockDirectory(directory));
});

test('lockDirectory() takes over a lock file that was never finished', t => {
  const directory = freshDirectory();
  writeFileSync(join(directory, 'supervisor.lock'), '');
  t.notThrows(lockDirectory(directory));
});

test('checkMembership() lets a fresh directory and the same membership pass', t => {
  const directory = freshDirectory();
  t.notThrows(() => checkMembership(directory, OF_THREE));
  recordMembership(directory, OF_THREE);
  t.notThrows(() => checkMembership(directory, OF_THREE));
});

test('checkMembership() refuses another number of acceptors and another cluster', t => {
  const directory = freshDirectory();
  recordMembership(directory, OF_THREE);
  const five = { ...OF_THREE, acceptors: ['a1', 'a2', 'a3', 'a4', 'a5'] };
  t.throws(() => checkMembership(directory, five), {
    message: /with --acceptors 5: it was made with 3, .* Start with --acceptors 3/,
  });
  t.throws(() => checkMembership(directory, { ...OF_THREE, cluster: 'other' }), {
    message: /belongs to the cluster "synod", not "other"/,
  });
});

test('recordMembership() never overwrites', t => {
  const directory = freshDirectory();
  recordMembership(directory, OF_THREE);
  recordMembership(directory, { cluster: 'other', acceptors: ['a1'] });
  t.notThrows(() => checkMembership(directory, OF_THREE));
});

for (const text of ['', '{', '[]', '{"format":2,"cluster":"synod","acceptors":[]}']) {
  test(`checkMembership() refuses a record that reads ${JSON.stringify(text)}`, t => {
    const directory = freshDirectory();
    writeFileSync(join(directory, 'synod.json'), text);
    t.throws(() => checkMembership(directory, OF_THREE), { message: /^Cannot read .*synod\.json/ });
  });
}
