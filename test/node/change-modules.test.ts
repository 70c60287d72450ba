// Changes of the user's own, loaded: which names they get, and a sentence with the file for every fault.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadChanges } from '../../src/node/changes/change-modules.ts';
import { ConfigError } from '../../src/node/config/config-error.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';

const SCHEMA = "{ '~standard': { validate: value => ({ value }) } }";

/** A definition as text, with some of its fields replaced. */
function definition(fields: Readonly<Record<string, string>> = {}): string {
  const all = { name: "'own'", version: '1', args: SCHEMA, apply: 'value => value', ...fields };
  return `{ ${Object.entries(all)
    .map(([name, text]) => `${name}: ${text}`)
    .join(', ')} }`;
}

function directoryWith(t: ExecutionContext, files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'synod-changes-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

async function mistakesOf(path: string): Promise<readonly string[]> {
  try {
    await loadChanges(path);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

test('loadChanges() without a path gives the built-in changes', async t => {
  t.is(await loadChanges(null), BUILT_IN_CHANGES);
});

test('loadChanges() takes all modules of a directory, and the highest version as the name alone', async t => {
  const v = (version: number): string => definition({ version: `${version}`, apply: `() => ${version}` });
  const directory = directoryWith(t, {
    'a.mjs': `export const newer = ${v(10)}; export const older = ${v(9)};`,
    'b.mjs': `export const other = ${definition({ name: "'other'" })};`,
    'c.txt': 'not a module',
    '.d.mjs': 'throw new Error("hidden")',
  });
  mkdirSync(join(directory, 'shared'));
  const table = await loadChanges(directory);
  const names = [...table.keys()].filter(name => !BUILT_IN_CHANGES.has(name));
  t.deepEqual(names.sort(), ['other', 'other@1', 'own', 'own@10', 'own@9']);
  const results = ['own', 'own@9', 'own@10'].map(name => table.get(name)?.(1, [], { nowMs: 0, version: 1 }));
  t.deepEqual(results, [10, 9, 10]);
  t.is((await loadChanges(join(directory, 'b.mjs'))).size, BUILT_IN_CHANGES.size + 2);
});

/** A module, and how the mistake goes on after the file. */
const FAULTS: readonly (readonly [string, RegExp])[] = [
  ['export const x = {;', /: Unexpected token/],
  ['throw new Error("not today")', /: not today\.$/],
  ['import "synod-is-not-there"', /: Cannot find package 'synod-is-not-there'/],
  ['const x = 1;', /: it exports none/],
  ['export const x = 1;', /'x' in .*: it is a number and no change\. Each export must be defineChange\(/],
  ['export const x = value => value;', /'x' in .*: it is a function and no change\. /],
  ['export const x = [];', /'x' in .*: it is an array and no change\. /],
  ['export const x = null;', /'x' in .*: it is null and no change\. .* before what is none\.$/],
  [`export const x = ${definition({ name: "'1st'" })}`, /'x' in .*: its 'name' must be text of letters/],
  [`export const x = ${definition({ name: "'add'" })}`, /'x' in .*: 'add' is built in/],
  [`export const x = ${definition({ name: "'lock.acquire'" })}`, /: its 'name' must be text of letters/],
  [`export const x = ${definition({ version: '0' })}`, /: its 'version' must be a whole number from 1 on/],
  [`export const x = ${definition({ version: "'1'" })}`, /: its 'version' must be a whole number/],
  [`export const x = ${definition({ args: '[]' })}`, /: its 'args' must be a schema/],
  [`export const x = ${definition({ apply: '7' })}`, /: its 'apply' must be a function/],
  [
    `export const x = ${definition({ apply: 'async value => value' })}`,
    /: its 'apply' .* none that is async/,
  ],
  [`export const x = ${definition({ apply: 'function* () {}' })}`, /: its 'apply' must be a function/],
  [`export const x = ${definition({ aply: '7' })}`, /: Unrecognized key: "aply"/],
];

for (const [text, fault] of FAULTS) {
  test(`loadChanges() names the file and the fault of ${text}`, async t => {
    const directory = directoryWith(t, { 'bad.mjs': text });
    const [mistake = '', ...others] = await mistakesOf(directory);
    t.true(mistake.startsWith('Cannot load the change'), mistake);
    t.true(mistake.includes(`'${join(directory, 'bad.mjs')}'`), mistake);
    t.regex(mistake, fault);
    t.deepEqual(others, []);
  });
}

test('loadChanges() tells all mistakes at once', async t => {
  const bad = definition({ version: '0', args: '1' });
  const directory = directoryWith(t, {
    'a.mjs': `export const a = ${bad}; export const b = ${definition()};`,
    'b.mjs': `export const b = ${definition()};`,
  });
  const mistakes = await mistakesOf(directory);
  t.is(mistakes.length, 3, mistakes.join('\n'));
  t.regex(mistakes[2] ?? '', /the change 'b' in '.*b\.mjs': there is another 'own@1'/);
});

test('loadChanges() refuses a directory without modules, and a path that is not there', async t => {
  t.regex((await mistakesOf(directoryWith(t, {})))[0] ?? '', /it holds no module/);
  t.regex((await mistakesOf('/none/of/this'))[0] ?? '', /'\/none\/of\/this': ENOENT/);
});
