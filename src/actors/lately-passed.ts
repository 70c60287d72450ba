// The keys of which writes were passed on lately. A read of such a key follows them: at their home it shares the next round, where
// a quorum read from here takes more messages than the pass, and shows what is gone when it is told.

/** A write every so often makes a key hot. */
export const HOT_MS = 100;
const KEYS_MAX = 1024;

export class LatelyPassed {
  /** When the last write of each was passed on; those that were earlier come first. */
  readonly #passedAtMs = new Map<string, number>();

  note(key: string, nowMs: number): void {
    this.#passedAtMs.delete(key);
    this.#passedAtMs.set(key, nowMs);
    if (this.#passedAtMs.size <= KEYS_MAX) return;
    const [oldest = ''] = this.#passedAtMs.keys();
    this.#passedAtMs.delete(oldest);
  }

  has(key: string, nowMs: number): boolean {
    const passedAtMs = this.#passedAtMs.get(key);
    return passedAtMs !== undefined && nowMs - passedAtMs <= HOT_MS;
  }
}
