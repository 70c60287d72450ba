// Clients in other languages: how each is built where its compiler and library are, and run with the cases.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { FILES, FOLDER } from './cases.ts';

interface Language {
  readonly name: string;
  /** The Debian packages that it takes. */
  readonly packages: string;
  /** Ends with 0 where these are installed. */
  readonly probe: readonly string[];
  /** @returns the command that makes the program; undefined when there is nothing to make. */
  readonly build?: (program: string) => readonly string[];
  readonly run: (program: string) => readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

const source = (name: string): string => join(FOLDER, 'clients', name);

export const PYTHON: Language = {
  name: 'Python',
  packages: 'python3',
  probe: ['python3', '--version'],
  run: () => ['python3', source('conformance.py')],
};

const GO: Language = {
  name: 'Go',
  packages: 'golang-go golang-github-nats-io-go-nats-dev',
  probe: ['go', 'list', 'github.com/nats-io/nats.go'],
  build: program => ['go', 'build', '-o', program, source('conformance.go')],
  run: program => [program],
  environment: { GO111MODULE: 'off', GOPATH: '/usr/share/gocode' },
};

const C_LIBRARIES = ['-lnats', '-ljansson'];
const C: Language = {
  name: 'C',
  packages: 'gcc libc6-dev libnats-dev libjansson-dev',
  probe: ['gcc', '-fsyntax-only', source('conformance.c')],
  build: program => ['gcc', '-Wall', '-Werror', '-o', program, source('conformance.c'), ...C_LIBRARIES],
  run: program => [program],
};

export const LANGUAGES: readonly Language[] = [C, GO, PYTHON];

interface Ran {
  readonly code: number | null;
  readonly said: string;
}

type Verdict = { readonly kind: 'missing' } | ({ readonly kind: 'ran' } & Ran);

/** @param directory for what is built. A program that does not build counts as one that failed. */
export async function runLanguage(language: Language, natsUrl: string, directory: string): Promise<Verdict> {
  const program = join(directory, `conformance-${language.name}`);
  const env = { ...process.env, ...language.environment, NATS_URL: natsUrl };
  const probed = await run(language.probe, env);
  if (probed.code !== 0) return { kind: 'missing' };
  const built = await run(language.build?.(program) ?? [], env);
  if (built.code !== 0) return { kind: 'ran', ...built };
  return { kind: 'ran', ...(await run([...language.run(program), ...FILES], env)) };
}

async function run([command, ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  if (command === undefined) return { code: 0, said: '' };
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const keep = (chunk: Buffer): void => {
    said += chunk.toString();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  try {
    const [code] = await once(child, 'close');
    return { code, said };
  } catch (error) {
    // There is no such command.
    return { code: null, said: String(error) };
  }
}
