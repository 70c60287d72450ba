// Change functions of the user's own: an ES module whose export `changes` is an object of pure functions
// `(value, ...args) => next value`. Throwing rejects the request; nothing else can come of it.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BUILT_IN_CHANGES, type Change, type ChangeTable } from '../protocol/changes.ts';
import { isPlainObject, type Value } from '../protocol/value.ts';
import { ConfigError } from './config-error.ts';

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** A pure function to the next value. `value` is undefined while the variable is unset; throwing rejects. */
export type ChangeFunction = (value: Value | undefined, ...args: Value[]) => Value;

/**
 * The built-in changes, and those of the module at `path` if there is one.
 * @throws ConfigError when the module cannot be loaded, a name is no name or is taken, or an export is no function.
 */
export async function loadChanges(path: string | null): Promise<ChangeTable> {
  if (path === null) return BUILT_IN_CHANGES;
  return changeTable(await exportedChanges(path), `the changes in '${path}'`);
}

/** The built-in changes and these. @param what they are in words, to follow "Cannot load ". @throws ConfigError */
export function changeTable(own: Readonly<Record<string, unknown>>, what: string): ChangeTable {
  const table = new Map(BUILT_IN_CHANGES);
  for (const [name, change] of Object.entries(own)) {
    if (!NAME.test(name))
      throw mistake(what, `the name '${name}' must be letters, digits, _ or -, a letter first`);
    if (BUILT_IN_CHANGES.has(name))
      throw mistake(what, `the change '${name}' is built in and cannot be replaced`);
    if (typeof change !== 'function') throw mistake(what, `the change '${name}' is no function`);
    table.set(
      name,
      guarded((value, args) => change(value, ...args)),
    );
  }
  return table;
}

async function exportedChanges(path: string): Promise<Record<string, unknown>> {
  let module: Record<string, unknown>;
  try {
    module = await import(pathToFileURL(resolve(path)).href);
  } catch (error) {
    throw mistake(`the changes in '${path}'`, error instanceof Error ? error.message : String(error));
  }
  const { changes } = module;
  if (isPlainObject(changes)) return changes;
  throw mistake(
    `the changes in '${path}'`,
    "it must export an object 'changes' of functions (value, ...args) => next value",
  );
}

/** The function gets copies: what it does to them cannot reach the state that others share. */
function guarded(change: (value: Value | undefined, args: readonly Value[]) => Value): Change {
  return (value, args) => change(structuredClone(value), structuredClone(args));
}

function mistake(what: string, why: string): ConfigError {
  return new ConfigError([`Cannot load ${what}: ${why}`]);
}
