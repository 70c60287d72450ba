// Time that passes only while nothing else is to be done, and then at once: for tests within one process. Which of two
// things comes first is then told by their times alone, and not by how fast the machine is or what else it does.
// What waits for anything outside of the process does not belong into such a test.

import { syncBuiltinESMExports } from 'node:module';
import promises from 'node:timers/promises';

const real = { setImmediate, clearImmediate };

class HurriedTimer {
  readonly #time: HurriedTime;
  readonly #call: () => void;
  readonly #ms: number;
  readonly #repeats: boolean;
  #isRef = true;
  atMs = 0;

  constructor(time: HurriedTime, call: () => void, { ms, repeats }: { ms: number; repeats: boolean }) {
    this.#time = time;
    this.#call = call;
    this.#ms = ms >= 1 ? ms : 1;
    this.#repeats = repeats;
    this.refresh();
  }

  fire(): void {
    if (this.#repeats) this.refresh();
    this.#call();
  }

  refresh(): this {
    this.atMs = this.#time.nowMs + this.#ms;
    this.#time.add(this);
    return this;
  }

  ref(): this {
    this.#isRef = true;
    this.#time.go();
    return this;
  }

  unref(): this {
    this.#isRef = false;
    return this;
  }

  hasRef(): boolean {
    return this.#isRef;
  }
}

class HurriedTime {
  /** Whole, so that differences of times are exact. */
  nowMs = Math.ceil(performance.now());
  /** In the order in which they were set. */
  readonly #timers = new Set<HurriedTimer>();
  readonly #immediates = new Set<NodeJS.Immediate>();
  #isGoing = false;

  add(timer: HurriedTimer): void {
    this.#timers.delete(timer);
    this.#timers.add(timer);
    this.go();
  }

  remove(timer: unknown): void {
    if (timer instanceof HurriedTimer) this.#timers.delete(timer);
  }

  immediately(call: () => void): NodeJS.Immediate {
    const immediate = real.setImmediate(() => {
      this.#immediates.delete(immediate);
      call();
    });
    this.#immediates.add(immediate);
    return immediate;
  }

  forget(immediate: NodeJS.Immediate | undefined): void {
    if (immediate === undefined) return;
    this.#immediates.delete(immediate);
    real.clearImmediate(immediate);
  }

  /** Time stands when nobody would wait for it. */
  go(): void {
    if (this.#isGoing || ![...this.#timers].some(timer => timer.hasRef())) return;
    this.#isGoing = true;
    real.setImmediate(() => {
      this.#isGoing = false;
      if (this.#immediates.size === 0) this.#fireNext();
      this.go();
    });
  }

  #fireNext(): void {
    let next: HurriedTimer | undefined;
    for (const timer of this.#timers) if (next === undefined || timer.atMs < next.atMs) next = timer;
    if (next === undefined) return;
    this.#timers.delete(next);
    this.nowMs = Math.max(this.nowMs, next.atMs);
    next.fire();
  }
}

type Callback = (...args: unknown[]) => void;

/** From now on, for all of this process. */
export function hurryTime(): void {
  const time = new HurriedTime();
  const timer =
    (repeats: boolean) =>
    (call: Callback, ms = 1, ...args: unknown[]) =>
      new HurriedTimer(time, () => call(...args), { ms, repeats });
  const clear = (timer: unknown): void => time.remove(timer);
  Object.assign(globalThis, {
    setTimeout: timer(false),
    setInterval: timer(true),
    clearTimeout: clear,
    clearInterval: clear,
    setImmediate: (call: Callback, ...args: unknown[]) => time.immediately(() => call(...args)),
    clearImmediate: (immediate?: NodeJS.Immediate) => time.forget(immediate),
  });
  Object.defineProperty(performance, 'now', { value: () => time.nowMs });
  promises.setTimeout = (ms, value, { signal, ref = true } = {}) =>
    delay(ms, value as never, { signal, ref });
  syncBuiltinESMExports();
}

/** As that of `node:timers/promises`. */
function delay<T>(
  ms: number | undefined,
  value: T,
  { signal, ref }: { readonly signal: AbortSignal | undefined; readonly ref: boolean },
): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(new DOMException('The operation was aborted', { name: 'AbortError', cause: signal?.reason }));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve(value);
    }, ms);
    if (!ref) timer.unref();
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
