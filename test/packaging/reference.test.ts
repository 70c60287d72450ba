// The API reference is whole: what src/index.ts exports, every member of it and every type that it names have a docstring.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';

const ROOT = join(import.meta.dirname, '../../..');

test('TypeDoc misses no docstring, no exported type and no target of a link', async t => {
  const program = join(ROOT, 'node_modules/typedoc/bin/typedoc');
  const options = join(ROOT, 'config/typedoc.json');
  const said = await new Promise<string>(resolve => {
    execFile(process.execPath, [program, '--options', options, '--emit', 'none'], (error, out, err) => {
      resolve(`${error === null ? '' : `ended with ${error.code}\n`}${out}${err}`);
    });
  });
  t.is(said, '');
});
