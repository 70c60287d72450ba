// Gathers the given values of a configuration from file, environment and flags, in rising precedence, and
// remembers where each came from, so that a mistake can be told by its source. Judges no value.

import { readFileSync } from 'node:fs';

export type Flags = Readonly<Record<string, unknown>>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where programs of the NATS world look for their server; SYNOD_NATS wins over it. */
const NATS_VARIABLE = 'NATS_URL';

/** A value as it was given, and the words for where. */
export interface Given {
  readonly value: unknown;
  readonly origin: string;
}

export interface Gathered {
  readonly given: ReadonlyMap<string, Given>;
  /** Sentences about the file itself and keys in it that mean nothing. */
  readonly mistakes: readonly string[];
  /** What a key is given by on the command line. */
  readonly flagOf: (key: string) => string;
}

/** `natsUser` → `--nats-user` */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;
}

/** `natsUser` → `SYNOD_NATS_USER` */
export function variableOf(key: string): string {
  return `SYNOD_${key.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase()}`;
}

/**
 * The given values of `keys`. An empty environment variable counts as not given (compose files and unit files
 * cannot leave one out), and unknown ones are ignored: Kubernetes sets SYNOD_PORT and others by itself. An
 * unknown key in the file is a mistake, since only a person can have written it.
 * @param nameOfFlag what a key is given by on the command line
 */
export function gather(
  keys: readonly string[],
  flags: Flags,
  env: Environment,
  nameOfFlag = flagOf,
): Gathered {
  const file = readConfigFile(flags.config ?? env.SYNOD_CONFIG);
  const given = new Map<string, Given>();
  for (const key of keys) {
    const found =
      present(flags[key], nameOfFlag(key)) ??
      variable(env, variableOf(key)) ??
      (key === 'nats' ? variable(env, NATS_VARIABLE) : undefined) ??
      present(file.values.get(key), `"${key}" in the file ${file.path}`);
    if (found !== undefined) given.set(key, found);
  }
  const unknown = [...file.values.keys()].filter(key => !keys.includes(key));
  const mistakes = unknown.map(
    key =>
      `Cannot use "${key}" in the file ${file.path}: there is no such setting; there are ${keys.join(', ')}.`,
  );
  return { given, mistakes: [...file.mistakes, ...mistakes], flagOf: nameOfFlag };
}

function variable(env: Environment, name: string): Given | undefined {
  return present(env[name] || undefined, `the environment variable ${name}`);
}

function present(value: unknown, origin: string): Given | undefined {
  return value === undefined ? undefined : { value, origin };
}

interface ConfigFile {
  readonly path: string;
  readonly values: ReadonlyMap<string, unknown>;
  readonly mistakes: readonly string[];
}

function readConfigFile(path: unknown): ConfigFile {
  if (typeof path !== 'string' || path === '') return { path: '', values: new Map(), mistakes: [] };
  const failed = (why: string): ConfigFile => ({
    path,
    values: new Map(),
    mistakes: [`Cannot use the configuration file ${path}: ${why}.`],
  });
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
      return failed('it must be one JSON object');
    }
    return { path, values: new Map(Object.entries(parsed)), mistakes: [] };
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}
