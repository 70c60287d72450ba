// How long clients waited in vain: the longest times in which a request was there and none was served.

const SECONDS = 60;

export class Gaps {
  #servedAtMs = Number.NEGATIVE_INFINITY;
  #longestMs = 0;
  /** The longest gap that ended in each of the last seconds, by second modulo SECONDS. */
  readonly #bySecond = Array.from({ length: SECONDS }, () => ({
    second: Number.NEGATIVE_INFINITY,
    gapMs: 0,
  }));

  /** Since the start. */
  get longestMs(): number {
    return this.#longestMs;
  }

  /** A request that came at `sinceMs` was served. */
  served(sinceMs: number, nowMs: number): void {
    const gapMs = nowMs - Math.max(sinceMs, this.#servedAtMs);
    this.#servedAtMs = nowMs;
    if (gapMs > this.#longestMs) this.#longestMs = gapMs;
    const second = Math.floor(nowMs / 1000);
    const entry = this.#bySecond[second % SECONDS];
    if (entry === undefined) return;
    if (entry.second !== second) {
      entry.second = second;
      entry.gapMs = 0;
    }
    if (gapMs > entry.gapMs) entry.gapMs = gapMs;
  }

  /** The longest of the last minute, that which lasts among them. @param waitsSinceMs the oldest request that waits */
  ofLastMinuteMs(nowMs: number, waitsSinceMs: number | undefined): number {
    const from = Math.floor(nowMs / 1000) - SECONDS;
    const ended = this.#bySecond.filter(({ second }) => second > from).map(({ gapMs }) => gapMs);
    const open = waitsSinceMs === undefined ? 0 : nowMs - Math.max(waitsSinceMs, this.#servedAtMs);
    return Math.max(open, ...ended, 0);
  }
}
