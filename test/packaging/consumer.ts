// A project of somebody else's that has this package: packed as `npm pack` does, in a folder of its own.

import { spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const ROOT = join(import.meta.dirname, '../../..');

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const packed = z.tuple([z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) })]);

export class Consumer {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'synod-consumer-')));

  constructor() {
    this.write('package.json', '{"type": "module", "private": true}');
  }

  /** Packs this project into the folder. @returns the archive's path, and the paths that are in it. */
  async pack(...options: readonly string[]): Promise<{ readonly archive: string; readonly paths: string[] }> {
    const args = ['pack', '--json', '--pack-destination', this.directory, ...options];
    const { out } = await done(this.run('npm', args, ROOT));
    // What scripts print comes before.
    const [{ filename, files }] = packed.parse(JSON.parse(out.slice(out.search(/^\[/m))));
    return { archive: join(this.directory, filename), paths: files.map(({ path }) => path) };
  }

  /** As a user does it, with the network and whatever compiling SQLite takes. */
  async install(archive: string): Promise<void> {
    await done(this.run('npm', ['install', '--no-audit', '--no-fund', archive]));
  }

  /** With this project's copies of what the package says that it needs; `missing` is left out. */
  async unpack(archive: string, missing: readonly string[] = []): Promise<void> {
    const place = join(this.directory, 'node_modules/synod');
    mkdirSync(place, { recursive: true });
    await done(this.run('tar', ['xzf', archive, '-C', place, '--strip-components=1']));
    const manifest: unknown = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'));
    const { dependencies } = z.object({ dependencies: z.record(z.string(), z.string()) }).parse(manifest);
    for (const name of Object.keys(dependencies).filter(name => !missing.includes(name))) {
      symlinkSync(join(ROOT, 'node_modules', name), join(this.directory, 'node_modules', name));
    }
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.directory, name), text);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The program of the package. */
  synod(...args: readonly string[]): Promise<Ended> {
    return this.run(process.execPath, ['node_modules/synod/dist/src/cli/main.js', ...args]);
  }

  /** TypeScript, of this project. */
  tsc(...args: readonly string[]): Promise<Ended> {
    return this.run(process.execPath, [join(ROOT, 'node_modules/@typescript/native/bin/tsc'), ...args]);
  }

  async run(command: string, args: readonly string[], cwd = this.directory): Promise<Ended> {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', chunk => {
      out += chunk;
    });
    child.stderr.on('data', chunk => {
      err += chunk;
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject).once('close', code => resolve({ code, out, err }));
    });
  }
}

async function done(ending: Promise<Ended>): Promise<Ended> {
  const ended = await ending;
  if (ended.code === 0) return ended;
  throw new Error(`It ended with ${ended.code}: ${ended.out}${ended.err}`);
}
