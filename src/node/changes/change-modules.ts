// Changes of the user's own: ES modules in a directory, or one of them, each export of which is a change as
// `defineChange` takes it. Everything is checked before the proposer serves anybody.

import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { BUILT_IN_CHANGES, type Change, type ChangeTable } from '../../protocol/changes.ts';
import { ConfigError } from '../config/config-error.ts';
import type { ArgsSchema, ChangeDefinition } from './define-change.ts';
import { ownChange } from './own-change.ts';

const MODULE = /^[^.].*\.m?js$/;
const NAME_FORM = 'must be text of letters, digits, _ and -, a letter first, 64 at most';
const VERSION_FORM = 'must be a whole number from 1 on';

const definitionShape = z.strictObject({
  name: z.string(NAME_FORM).regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, NAME_FORM),
  version: z.int(VERSION_FORM).min(1, VERSION_FORM),
  args: z.custom<ArgsSchema<readonly unknown[]>>(isSchema, 'must be a schema, such as z.tuple([z.number()])'),
  apply: z.custom<ChangeDefinition['apply']>(isPlainFunction, 'must be a function, and none that is async'),
});

/** A definition that was not checked, and where it is, in words to follow "Cannot load ". */
interface Found {
  readonly where: string;
  readonly definition: unknown;
}

/**
 * The built-in changes, and those of the module or the directory of modules at `path` if there is one.
 * @throws ConfigError with every mistake, each with its file.
 */
export async function loadChanges(path: string | null): Promise<ChangeTable> {
  if (path === null) return BUILT_IN_CHANGES;
  const found: Found[] = [];
  for (const file of modulesOf(path)) found.push(...(await exportsOf(file)));
  return changeTable(found);
}

/**
 * The built-in changes and these, each under `name@version` and the highest version under `name` too.
 * @throws ConfigError with every mistake.
 */
export function changeTable(found: readonly Found[]): ChangeTable {
  const mistakes: string[] = [];
  const table = new Map<string, Change>(BUILT_IN_CHANGES);
  const latest = new Map<string, number>();
  for (const { where, definition } of found) {
    const checked = definitionShape.safeParse(definition);
    if (!checked.success) {
      mistakes.push(
        ...checked.error.issues.map(issue => `Cannot load ${where}: ${faultOf(issue, definition)}.`),
      );
      continue;
    }
    const { name, version } = checked.data;
    const full = `${name}@${version}`;
    if (BUILT_IN_CHANGES.has(name)) mistakes.push(`Cannot load ${where}: '${name}' is built in.`);
    else if (table.has(full)) mistakes.push(`Cannot load ${where}: there is another '${full}'.`);
    else {
      const change = ownChange(checked.data);
      table.set(full, change);
      if (version < (latest.get(name) ?? 0)) continue;
      latest.set(name, version);
      table.set(name, change);
    }
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return table;
}

function modulesOf(path: string): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [resolve(path)];
    const names = readdirSync(path).filter(name => MODULE.test(name));
    if (names.length === 0) throw new Error('it holds no module, a file that ends with .js or .mjs');
    return names.sort().map(name => resolve(join(path, name)));
  } catch (error) {
    throw mistake(`the changes in '${path}'`, error);
  }
}

async function exportsOf(file: string): Promise<readonly Found[]> {
  const where = `the changes in '${file}'`;
  let module: Record<string, unknown>;
  try {
    module = await import(pathToFileURL(file).href);
  } catch (error) {
    throw mistake(where, error);
  }
  const exports = Object.entries(module);
  if (exports.length === 0) throw mistake(where, 'it exports none: export const NAME = defineChange({ … })');
  return exports.map(([name, definition]) => ({ where: `the change '${name}' in '${file}'`, definition }));
}

function faultOf({ path, code, message }: z.core.$ZodIssue, definition: unknown): string {
  if (path.length > 0) return `its '${String(path[0])}' ${message}`;
  if (code === 'unrecognized_keys') return message;
  return (
    `it is ${kindOf(definition)} and no change. Each export must be defineChange({ name, version, args, apply }), ` +
    'as in docs/recipes.md: leave out the word export before what is none'
  );
}

function kindOf(definition: unknown): string {
  if (definition === null || definition === undefined) return String(definition);
  if (Array.isArray(definition)) return 'an array';
  const kind = typeof definition;
  return kind === 'object' ? 'an object' : `a ${kind}`;
}

function isSchema(candidate: unknown): boolean {
  if (candidate === null || (typeof candidate !== 'object' && typeof candidate !== 'function')) return false;
  const standard: unknown = Reflect.get(candidate, '~standard');
  return (
    typeof standard === 'object' && standard !== null && isPlainFunction(Reflect.get(standard, 'validate'))
  );
}

/** What an async function or a generator does later is outside of every limit. */
function isPlainFunction(candidate: unknown): boolean {
  return typeof candidate === 'function' && Object.prototype.toString.call(candidate) === '[object Function]';
}

function mistake(where: string, why: unknown): ConfigError {
  return new ConfigError([`Cannot load ${where}: ${why instanceof Error ? why.message : String(why)}.`]);
}
