import test from 'ava';
import fc from 'fast-check';
import { BackupError, BackupReader, BackupWriter, type Saved } from '../../src/node/operator/backup-file.ts';
import { states } from '../protocol/arbitrary.ts';

const registers = fc.array(fc.record({ key: fc.string({ minLength: 1 }), state: states }), { maxLength: 5 });

function written(all: readonly Saved[]): string[] {
  const writer = new BackupWriter();
  const text = [writer.head('c', new Date(0)), ...all.map(one => writer.register(one)), writer.foot()].join(
    '',
  );
  return text.trimEnd().split('\n');
}

function read(lines: readonly string[]): readonly Saved[] {
  const reader = new BackupReader();
  const all = lines.flatMap(line => reader.read(line) ?? []);
  reader.end();
  return all;
}

test('a backup is read as it was written', t => {
  fc.assert(fc.property(registers, all => t.deepEqual(read(written(all)), all)));
});

test('a backup that misses a line, or has a changed one, is refused', t => {
  fc.assert(
    fc.property(registers, fc.nat(), fc.nat(), (all, line, column) => {
      const lines = written(all);
      const at = line % lines.length;
      t.throws(() => read(lines.toSpliced(at, 1)), { instanceOf: BackupError });
      const text = lines[at] ?? '';
      const place = column % text.length;
      const other = text[place] === '0' ? '1' : '0';
      const changed = `${text.slice(0, place)}${other}${text.slice(place + 1)}`;
      t.throws(() => read(lines.with(at, changed)), { instanceOf: BackupError });
    }),
  );
});

test('a backup that was cut off says so, and so does another file', t => {
  const lines = written([]);
  t.throws(() => read(lines.slice(0, -1)), { message: /without its last line: it was cut off/ });
  t.throws(() => read(['{"a":1}']), { message: /not that of a backup/ });
  t.throws(() => read(['hello']), { message: /Line 1 of the backup is no JSON: / });
  t.throws(() => read([]), { message: /ends after line 0/ });
  t.throws(() => read([`{"synodBackup":2,"cluster":"c","begun":"now"}`]), { message: /has format 2/ });
  t.throws(() => read([...lines, 'more']), { message: /follows its end/ });
});
