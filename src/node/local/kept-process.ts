// A child process that is kept running: when it ends and nobody stopped it, it is started again, after a
// pause that doubles with every failure. A process that is merely paused (SIGSTOP) is left alone, and one whose exit
// code says that a person must look is not started again.

import { setTimeout as sleep } from 'node:timers/promises';
import { MISPLACED_EXIT_CODE, QUARANTINE_EXIT_CODE } from '../process/fatal-error.ts';
import { StartError } from '../process/start-error.ts';
import { type Child, type ProcessSpec, startChild } from './child.ts';
import { tailOf } from './process-log.ts';

const BACKOFF_MS_MIN = 100;
const BACKOFF_MS_MAX = 5000;
/** A process that has been ready for so long is well again: the next pause is the shortest. */
const CALM_MS = 10_000;
/** The first start may fail so often (a predecessor may still hold its files) before it is given up. */
const FIRST_FAILURES_MAX = 6;

interface KeptProcessHooks {
  /** A sentence about something unexpected. */
  readonly report: (sentence: string) => void;
  /** The process has another pid. */
  readonly onPid: () => void;
}

interface FirstStart {
  readonly succeed: () => void;
  readonly fail: (why: string) => void;
}

export class KeptProcess {
  readonly #spec: ProcessSpec;
  readonly #hooks: KeptProcessHooks;
  readonly #stopped = new AbortController();
  #child: Child | undefined;
  #wasReady = false;
  #isReady = false;
  #leftWhy: string | undefined;

  constructor(spec: ProcessSpec, hooks: KeptProcessHooks) {
    this.#spec = spec;
    this.#hooks = hooks;
  }

  get name(): string {
    return this.#spec.name;
  }

  /** Of its present or latest life; null before the first. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Whether its present life has said so. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Why it is left stopped, in a sentence; undefined when it is not. */
  get leftWhy(): string | undefined {
    return this.#leftWhy;
  }

  /**
   * Starts it and keeps it running.
   * @param readyMs null for no limit
   * @throws StartError when it is not ready in time or keeps ending before.
   */
  start(readyMs: number | null): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        clearTimeout(timer);
        reject(this.#failure(why));
      };
      const succeed = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer =
        readyMs === null
          ? undefined
          : setTimeout(() => fail(`it was not ready within ${readyMs / 1000} s`), readyMs);
      this.#keep({ succeed, fail }).catch(reject);
    });
  }

  /** Asks it to end, and makes it end after `graceMs`. @returns whether it ended by itself. */
  async stop(graceMs: number): Promise<boolean> {
    this.#stopped.abort();
    const child = this.#child;
    if (child === undefined) return true;
    child.signal('SIGTERM');
    const endedInTime = child.ended.then(() => true);
    const isGraceful = await Promise.race([endedInTime, sleep(graceMs, false, { ref: false })]);
    if (!isGraceful) child.signal('SIGKILL');
    await child.ended;
    return isGraceful;
  }

  /** Ends it at once. */
  kill(): void {
    this.#stopped.abort();
    this.#child?.signal('SIGKILL');
  }

  async #keep(first: FirstStart): Promise<void> {
    const { signal } = this.#stopped;
    let failures = 0;
    while (!signal.aborted) {
      const how = await this.#liveOnce(first, () => {
        failures = 0;
      });
      if (signal.aborted) break;
      if (this.#child?.exitCode() === QUARANTINE_EXIT_CODE) {
        const why = this.#lastWords();
        this.#leftWhy = why;
        this.#hooks.report(`${this.name} (pid ${this.pid}) is left stopped. ${why}`);
        // The others can do without it.
        first.succeed();
        return;
      }
      if (this.#child?.exitCode() === MISPLACED_EXIT_CODE && !this.#wasReady) {
        first.fail(`it ${how}`);
        return;
      }
      failures += 1;
      if (!this.#wasReady && failures >= FIRST_FAILURES_MAX) {
        first.fail(`it ${how}, ${failures} times`);
        return;
      }
      const words = this.#lastWords();
      // One that a signal ended had no last words.
      const said = typeof this.#child?.exitCode() === 'number' && words !== '' ? `. ${words}` : '';
      const pauseMs = Math.min(BACKOFF_MS_MIN * 2 ** (failures - 1), BACKOFF_MS_MAX);
      this.#hooks.report(`${this.name} (pid ${this.pid}) ${how}; starting it again in ${pauseMs} ms${said}`);
      // Rejects when it is stopped meanwhile, which the loop sees.
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
    }
    first.fail('it was stopped');
  }

  /** @returns how this life ended. */
  async #liveOnce(first: FirstStart, onCalm: () => void): Promise<string> {
    const child = this.#startChild();
    if (typeof child === 'string') return child;
    let calm: NodeJS.Timeout | undefined;
    void child.ready.then(() => {
      if (this.#wasReady) this.#hooks.report(`${this.name} is back (pid ${child.pid})`);
      this.#wasReady = true;
      this.#isReady = true;
      first.succeed();
      calm = setTimeout(onCalm, CALM_MS).unref();
    });
    const how = await child.ended;
    this.#isReady = false;
    clearTimeout(calm);
    return how;
  }

  #startChild(): Child | string {
    try {
      this.#child = startChild(this.#spec);
    } catch (error) {
      return `could not be started: ${error instanceof Error ? error.message : String(error)}`;
    }
    this.#hooks.onPid();
    return this.#child;
  }

  #lastWords(): string {
    return this.#child === undefined ? '' : (tailOf(this.#child.log).split('\n').at(-1) ?? '');
  }

  #failure(why: string): StartError {
    const tail = this.#child === undefined ? '' : tailOf(this.#child.log);
    const end = tail === '' ? 'It wrote nothing to' : `${tail}\nThis is the end of`;
    return new StartError(`Cannot start ${this.name}: ${why}.\n${end} ${this.#spec.logPath}`);
  }
}
