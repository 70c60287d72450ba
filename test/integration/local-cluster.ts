// A real cluster for tests: `synod up` as a user starts it, in a directory of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
    const child = this.#process;
    if (child === undefined) return null;
    this.#process = undefined;
    const ended = new Promise<number | null>(resolve => child.once('exit', resolve));
    child.kill('SIGINT');
    return ended;
  }
}
