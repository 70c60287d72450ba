// A real cluster for tests: `synod up` as a user starts it, in a directory of its own.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';

const member = z.object({ id: z.string(), pid: z.number() });
const clusterFile = z.object({
  nats: z.object({ url: z.string(), pid: z.number(), websocket: z.string().optional() }),
  acceptors: z.array(member),
  proposers: z.array(member),
});

export type Members = z.infer<typeof clusterFile>;

const MAIN = join(import.meta.dirname, '../../src/cli/main.js');

export class TestCluster {
  readonly directory: string;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #flags: readonly string[];
  #process: ChildProcess | undefined;
  #dashboard = '';
  readonly #added = new Map<string, ChildProcess>();

  /** @param settings of its nodes, as variables of their environment */
  constructor(settings: Readonly<Record<string, string>> = {}, flags: readonly string[] = []) {
    this.#settings = settings;
    this.#flags = flags;
    this.directory = mkdtempSync(join(tmpdir(), 'synod-test-'));
  }

  /** Resolves when everything is ready; may be called again after `stop`. */
  async start(): Promise<Members> {
    const { NATS_URL: _, ...env } = process.env;
    const args = [
      MAIN,
      'up',
      '--data',
      this.directory,
      '--nats-port',
      '0',
      '--dashboard-port',
      '0',
      ...this.#flags,
    ];
    const child = spawn(process.execPath, args, {
      env: { ...env, ...this.#settings },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = child;
    await new Promise<void>((resolve, reject) => {
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        const [url] = /http:\/\/[0-9.:]+/.exec(said) ?? [];
        this.#dashboard = url ?? '';
        if (said.includes('Synod is up')) resolve();
      });
      child.once('exit', code => reject(new Error(`synod up ended with ${code}: ${said}`)));
    });
    return this.members();
  }

  /** The URL of its dashboard. */
  get dashboard(): string {
    return this.#dashboard;
  }

  /** As the cluster file says now. */
  members(): Members {
    return clusterFile.parse(JSON.parse(readFileSync(join(this.directory, 'cluster.json'), 'utf8')));
  }

  /** Starts acceptors and makes them a group of the cluster; they are killed when it stops. */
  async addGroup(group: string, ids: readonly string[]): Promise<void> {
    const { url } = this.members().nats;
    for (const id of ids) {
      const args = ['--group', group, '--id', id, '--data', join(this.directory, id), '--nats', url];
      const all = [MAIN, 'acceptor', ...args, '--acceptors', ids.join(',')];
      this.#added.set(id, spawn(process.execPath, all, { stdio: 'ignore' }));
    }
    for (let tries = 1; ; tries++) {
      const added = await this.run('group', 'add', group, ...ids).catch((error: unknown) => error);
      if (!(added instanceof Error)) return;
      if (tries === 20) throw added;
      await delay(200);
    }
  }

  /** Of an acceptor of a group that was added. */
  pidOf(id: string): number {
    return this.#added.get(id)?.pid ?? 0;
  }

  /** The command line, as an operator uses it. @returns what it says on stdout. */
  async run(...args: readonly string[]): Promise<string> {
    const { url } = this.members().nats;
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...args, '--nats', url]);
    return stdout;
  }

  /** SIGKILL of the supervisor: what it started and was not killed as well ends by itself. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    this.#process = undefined;
    const ended = new Promise<void>(resolve => child.once('exit', () => resolve()));
    child.kill('SIGKILL');
    await ended;
  }

  /** Ctrl-C. @returns the exit code. */
  async stop(): Promise<number | null> {
    for (const added of this.#added.values()) added.kill('SIGKILL');
    const child = this.#process;
    if (child === undefined) return null;
    this.#process = undefined;
    const ended = new Promise<number | null>(resolve => child.once('exit', resolve));
    child.kill('SIGINT');
    return ended;
  }
}
