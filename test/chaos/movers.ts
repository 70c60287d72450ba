// Moves of partitions between two groups of acceptors as a fault: done by the real command line, which is killed once it has
// told how far it is, and begun again until it ends by itself, whatever else happens meanwhile.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const MAIN = join(import.meta.dirname, '../../src/cli/main.js');
const PAUSE_MS = 200;
const PATIENCE_MS = 120_000;

export class Movers {
  readonly #nats: () => readonly string[];
  #mover: ChildProcess | undefined;
  #isOver = false;
  /** Settles when the last rebalance that was begun is over. */
  #last: Promise<void> = Promise.resolve();

  constructor(nats: () => readonly string[]) {
    this.#nats = nats;
  }

  /** Its acceptors may still be forming it. */
  add(group: string, acceptors: readonly string[]): Promise<void> {
    const args = [MAIN, 'group', 'add', group, ...acceptors, '--nats', this.#nats().join(',')];
    return this.#patiently(async () => {
      await promisify(execFile)(process.execPath, args);
    });
  }

  /** After those before: all partitions come to these groups. @returns the end of it. */
  rebalance(groups: readonly string[]): Promise<void> {
    this.#last = this.#last.then(async () => {
      await this.#run(groups, true).catch(() => undefined);
      await this.#patiently(() => this.#run(groups, false));
    });
    return this.#last;
  }

  close(): void {
    this.#isOver = true;
    this.#mover?.kill('SIGKILL');
  }

  /** @throws Error with what it said, unless it came to its end. */
  async #run(groups: readonly string[], isKilled: boolean): Promise<void> {
    if (this.#isOver) return;
    const args = [MAIN, 'rebalance', '--to', groups.join(','), '--nats', this.#nats().join(',')];
    const mover = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#mover = mover;
    const said: string[] = [];
    createInterface({ input: mover.stderr }).on('line', line => {
      said.push(line);
      if (isKilled) mover.kill('SIGKILL');
    });
    const code = await new Promise(resolve => mover.once('close', resolve));
    if (code !== 0 && !this.#isOver)
      throw new Error(`rebalance ended with ${code}: ${said.slice(-3).join('; ')}`);
  }

  async #patiently(act: () => Promise<void>): Promise<void> {
    for (const untilMs = performance.now() + PATIENCE_MS; ; await sleep(PAUSE_MS)) {
      try {
        await act();
        return;
      } catch (error) {
        if (performance.now() > untilMs) throw error;
      }
    }
  }
}
