// The slowest of some times lately. Each counts for half as much a while later: what a process was held up for once
// may hold it up again soon, however many quick answers are in between.

const HALF_LIFE_MS = 2000;

export class SlowestLately {
  #ms = 0;
  #notedMs = 0;

  note(tookMs: number, nowMs: number): void {
    if (tookMs < this.at(nowMs)) return;
    this.#ms = tookMs;
    this.#notedMs = nowMs;
  }

  at(nowMs: number): number {
    return this.#ms * 2 ** ((this.#notedMs - nowMs) / HALF_LIFE_MS);
  }
}
