// Watching: hints, which get lost and come twice, made into versions of registers in order. Each hint is a reason to read,
// and so are a new connection and the time. Versions may be left out; the last one is reached. Keys are read when the
// watcher asks for more, so that a slow one misses versions instead of filling memory.

import { UnavailableError } from './errors.ts';
import { readState } from './read-state.ts';
import type { Registers } from './registers.ts';
import type { Hint } from './service.ts';
import { sleep } from './sleep.ts';
import type { State } from './state.ts';

/** What a watcher is told: a register, and how it is now. */
export interface KeyState {
  /** The register's. */
  readonly key: string;
  /** Of a register of any kind; unset after a delete. */
  readonly state: State<unknown>;
}

/** How to watch. */
export interface WatchOptions {
  /** Ends the watching: the loop over it ends. */
  readonly signal?: AbortSignal | undefined;
  /** How often the keys that were heard of are read without a hint, in ms. Default 5,000. */
  readonly intervalMs?: number | undefined;
}

const INTERVAL_MS = 5000;
/** After a read that failed. */
const RETRY_MS = 250;
const WATCHED_KEYS_MAX = 100_000;

/**
 * The states of the registers that `pattern` names (a key, `orders.>`, `a.*.b`), as they change. A key is told of at once;
 * keys that a wildcard stands for are told of from the first hint on that arrives.
 * @throws BadRequestError `bad_key`; UnavailableError `overloaded` with more than 100,000 keys, `closed`
 */
export async function* watch(
  registers: Registers,
  pattern: string,
  { signal, intervalMs = INTERVAL_MS }: WatchOptions = {},
): AsyncGenerator<KeyState> {
  const keys = new WatchedKeys();
  const stop = registers.hints(pattern, hint => (hint === undefined ? keys.doubtAll() : keys.hear(hint)));
  const timer = setInterval(() => keys.doubtAll(), intervalMs);
  if (!/[*>]/.test(pattern)) keys.hear({ key: pattern, version: 0 });
  try {
    for (;;) {
      const due = await keys.due(signal);
      if (due === undefined) return;
      const state = await readAny(registers, due.key, signal);
      if (state === undefined) {
        keys.hear(due);
        await sleep(RETRY_MS, signal);
      } else if (keys.read(due, state)) yield { key: due.key, state };
    }
  } finally {
    clearInterval(timer);
    stop();
  }
}

/** What was told of a key last. */
interface Told {
  readonly set: boolean;
  readonly version: number;
  /** Hints of no later version tell nothing new. An unset register does not show how far its count is. */
  readonly heard: number;
}

class WatchedKeys {
  readonly #told = new Map<string, Told>();
  /** To be read, with the latest version that was heard of. */
  readonly #due = new Map<string, number>();
  #wake: (() => void) | undefined;
  #isFull = false;

  hear({ key, version }: Hint): void {
    const told = this.#told.get(key);
    if (told !== undefined && version <= told.heard) return;
    if (told === undefined && this.#told.size + this.#due.size >= WATCHED_KEYS_MAX) this.#isFull = true;
    else this.#due.set(key, Math.max(version, this.#due.get(key) ?? 0));
    this.#wake?.();
  }

  /** Hints may have been lost: all keys are to be read. */
  doubtAll(): void {
    for (const key of this.#told.keys()) if (!this.#due.has(key)) this.#due.set(key, 0);
    this.#wake?.();
  }

  /** The next key to be read, when there is one; undefined when the signal aborts. */
  async due(signal: AbortSignal | undefined): Promise<Hint | undefined> {
    for (;;) {
      if (signal?.aborted === true) return undefined;
      if (this.#isFull) {
        throw new UnavailableError('overloaded', `Cannot watch more than ${WATCHED_KEYS_MAX} keys`);
      }
      const [next] = this.#due;
      if (next !== undefined) {
        const [key, version] = next;
        this.#due.delete(key);
        return { key, version };
      }
      await this.#wakened(signal);
    }
  }

  /** @returns whether the state is another than was told. */
  read({ key, version: hinted }: Hint, { set, version }: State<unknown>): boolean {
    const before = this.#told.get(key);
    this.#told.set(key, { set, version, heard: set ? version : Math.max(hinted, before?.heard ?? 0) });
    return before?.set !== set || before.version !== version;
  }

  #wakened(signal: AbortSignal | undefined): Promise<void> {
    return new Promise(resolve => {
      const wake = (): void => {
        signal?.removeEventListener('abort', wake);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = wake;
      signal?.addEventListener('abort', wake, { once: true });
    });
  }
}

/** The state of a register of any kind; undefined when it could not be read now, or the signal aborted. */
async function readAny(
  registers: Registers,
  key: string,
  signal: AbortSignal | undefined,
): Promise<State<unknown> | undefined> {
  try {
    return await readState(registers, key, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted === true) return undefined;
    if (error instanceof UnavailableError && error.code !== 'closed') return undefined;
    throw error;
  }
}
