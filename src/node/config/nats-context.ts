// Contexts of the nats command line: named files that say how to reach a NATS. Theirs is the format
// (github.com/nats-io/jsm.go, natscontext); here they are read only, as settings.

import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, isAbsolute, join } from 'node:path';
import { ConfigError } from './config-error.ts';
import type { Environment, Flags } from './config-sources.ts';

/** Their fields, and what they are called here. */
const FIELDS: Readonly<Record<string, string>> = {
  url: 'nats',
  user: 'natsUser',
  password: 'natsPassword',
  token: 'natsToken',
  creds: 'natsCreds',
  nkey: 'natsNkey',
  ca: 'natsTlsCa',
  cert: 'natsTlsCert',
  key: 'natsTlsKey',
  inbox_prefix: 'inboxPrefix',
};
const PATHS: readonly string[] = ['creds', 'nkey', 'ca', 'cert', 'key'];
/** Whoever set these would not be connected as they meant. */
const UNSUPPORTED: readonly string[] = ['nsc', 'user_jwt', 'socks_proxy', 'tls_first', 'windows_cert_store'];

/** @param name of a context, or the path of its file. @throws ConfigError */
export function contextSettings(name: string, env: Environment): Flags {
  const path = isAbsolute(name) ? name : join(directoryOf(env), `${name}.json`);
  const fields = read(name, path, env);
  const unsupported = UNSUPPORTED.filter(field => isGiven(fields[field]));
  if (unsupported.length > 0) {
    throw new ConfigError([
      `Cannot use the NATS context '${name}' (${path}): it has ${unsupported.join(', ')}, which Synod does not know.`,
    ]);
  }
  const given = Object.entries(FIELDS).filter(([field]) => isGiven(fields[field]));
  return Object.fromEntries(
    given.map(([field, setting]) => {
      const value = String(fields[field]);
      return [setting, PATHS.includes(field) ? value.replace(/^~(?=\/)/, homedir()) : value];
    }),
  );
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && value !== false;
}

function directoryOf({ XDG_CONFIG_HOME }: Environment): string {
  return join(XDG_CONFIG_HOME || join(homedir(), '.config'), 'nats', 'context');
}

function read(name: string, path: string, env: Environment): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
    throw new Error('it is no JSON object');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const why = isMissing ? `there is no ${path}` : `${path}: ${(error as Error).message}`;
    const known = isMissing ? knownTo(env) : '';
    throw new ConfigError([`Cannot use the NATS context '${name}': ${why}${known}.`]);
  }
}

function knownTo(env: Environment): string {
  try {
    const names = readdirSync(directoryOf(env)).filter(file => file.endsWith('.json'));
    return names.length === 0 ? '' : `; there are ${names.map(file => basename(file, '.json')).join(', ')}`;
  } catch {
    return '';
  }
}
