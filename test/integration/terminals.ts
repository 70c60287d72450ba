// The two terminals of somebody who follows the tutorial, in a folder of their own, with `synod` on the PATH.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../src/cli/main.js');
const END = '---the-command-has-ended---';

export class Terminals {
  readonly directory = mkdtempSync(join(tmpdir(), 'synod-tutorial-'));
  readonly #env: NodeJS.ProcessEnv;
  #cluster: ChildProcess | undefined;
  #shell: ChildProcess | undefined;

  constructor() {
    const programs = join(this.directory, 'programs');
    mkdirSync(programs);
    writeFileSync(join(programs, 'synod'), `#!/bin/sh\nexec ${process.execPath} ${MAIN} "$@"\n`);
    chmodSync(join(programs, 'synod'), 0o755);
    const { NATS_URL: _, ...env } = process.env;
    this.#env = { ...env, PATH: `${programs}:${env.PATH}` };
  }

  /** A cluster in the first terminal, on any free port, which the other one then knows. */
  async up(command: string): Promise<void> {
    await this.#stopCluster();
    const options = { cwd: this.directory, env: this.#env, detached: true } as const;
    const child = spawn('bash', ['-c', `${command} --nats-port 0`], options);
    this.#cluster = child;
    const url = await new Promise<string>((resolve, reject) => {
      let said = '';
      child.stdout.on('data', chunk => {
        said += chunk;
        const [, found] = /Synod is up[\s\S]*?(nats:\S+)\n/.exec(said) ?? [];
        if (found !== undefined) resolve(found);
      });
      child.once('exit', code => reject(new Error(`${command} ended with ${code}: ${said}`)));
    });
    await this.type(`export NATS_URL=${url}`);
  }

  /** A command in the second terminal. @returns what it prints, without the end of the last line. */
  type(command: string): Promise<string> {
    const shell = this.#openShell();
    return new Promise((resolve, reject) => {
      let said = '';
      const fail = (code: number | null): void => {
        reject(new Error(`the shell ended with ${code} at ${command}: ${said}`));
      };
      const hear = (chunk: Buffer): void => {
        said += chunk.toString();
        if (!said.endsWith(`\n${END}\n`)) return;
        shell.stdout?.off('data', hear);
        shell.off('exit', fail);
        resolve(said.slice(0, -END.length - 2).trimEnd());
      };
      shell.stdout?.on('data', hear);
      shell.once('exit', fail);
      shell.stdin?.write(`{ ${command}\n} < /dev/null\nprintf '\\n%s\\n' ${END}\n`);
    });
  }

  async close(): Promise<void> {
    await this.#stopCluster();
    if (this.#shell !== undefined) {
      const ended = once(this.#shell, 'exit');
      kill(this.#shell, 'SIGKILL');
      await ended;
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  #openShell(): ChildProcess {
    const options = { cwd: this.directory, env: this.#env, detached: true };
    this.#shell ??= spawn('bash', ['-c', 'exec bash 2>&1'], options);
    return this.#shell;
  }

  async #stopCluster(): Promise<void> {
    const child = this.#cluster;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    kill(child, 'SIGINT');
    await ended;
  }
}

/** All that was started in a terminal, as Ctrl-C and the closing of its window do. */
function kill({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined) process.kill(-pid, signal);
}
