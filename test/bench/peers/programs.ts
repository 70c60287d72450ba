// The programs of the peers: found, or installed where that is this machine's own way, or asked for in a sentence.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../../src/node/local/nats-server.ts';
import { StartError } from '../../../src/node/process/start-error.ts';

const OUTPUT_LINES = 10;

/** @throws StartError when it is not there and cannot be installed here. */
export function programOf(name: string, debianPackage: string, report: (sentence: string) => void): string {
  const found = findProgram(name);
  if (found !== undefined) return found;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new StartError(
      `Cannot find the program ${name}: install it (on Debian: apt-get install ${debianPackage}), ` +
        'or leave its system out with --systems.',
    );
  }
  report(`installing ${debianPackage}`);
  run('apt-get', ['update', '-qq']);
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', debianPackage]);
  // Under systemd the package starts a server of its own, which would take part in every measurement.
  if (existsSync('/run/systemd/system')) run('systemctl', ['disable', '--now', name]);
  const installed = findProgram(name);
  if (installed === undefined) throw new StartError(`Cannot find ${name} after installing ${debianPackage}.`);
  return installed;
}

/** Seen from dist/test/bench/peers: where tools of a project keep what can be had again. */
const PACKAGES = join(import.meta.dirname, '../../../../node_modules/.cache/synod-peers');

/** @returns the folder that it is installed in. @throws StartError when npm cannot install it. */
export function packageOf(name: string, version: string, report: (sentence: string) => void): string {
  const path = join(PACKAGES, `${name}-${version}`);
  if (existsSync(join(path, 'node_modules', name, 'package.json'))) return path;
  report(`installing ${name} ${version}`);
  mkdirSync(path, { recursive: true });
  const flags = ['--no-audit', '--no-fund', '--no-save', '--ignore-scripts'];
  run('npm', ['install', '--prefix', path, ...flags, `${name}@${version}`]);
  return path;
}

/** `nats-server 2.9.10` */
export function natsServerVersion(program: string): string {
  return execFileSync(program, ['--version'], { encoding: 'utf8' }).trim().replace(': v', ' ');
}

function run(command: string, args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    execFileSync(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    const tail = said.trimEnd().split('\n').slice(-OUTPUT_LINES).join('\n');
    throw new StartError(`Cannot go on: ${command} ${args.join(' ')} failed.\n${tail}`, { cause: error });
  }
}
