// The script is run by the shell that it is for.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';

const MAIN = join(import.meta.dirname, '../../src/cli/main.js');

const SCRIPT = execFileSync(process.execPath, [MAIN, 'completion', 'bash'], { encoding: 'utf8' });

function completed(...words: readonly string[]): readonly string[] {
  const place = `COMP_WORDS=(${words.map(word => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}`;
  const asked = `${SCRIPT}\n${place}; _synod; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', asked], { encoding: 'utf8' }).trimEnd().split('\n');
}

test('completion: commands, the commands under them, and options', t => {
  t.deepEqual(completed('synod', 'me'), ['member']);
  t.true(completed('synod', '').includes('get'));
  t.deepEqual(completed('synod', 'member', 're'), ['remove', 'replace', 'resume']);
  t.deepEqual(completed('synod', 'cas', '--ver'), ['--version']);
  t.deepEqual(completed('synod', 'get', 'orders'), ['']);
});
