// Virtual time: what is due is done in order of time, and of scheduling where times are equal. Nothing else
// in the simulator decides what comes first, so a run depends on its seed alone.

interface Due {
  readonly atMs: number;
  readonly sequence: number;
  readonly act: () => void;
}

export class EventQueue {
  /** A binary heap: each entry is due no later than its two children, at 2i + 1 and 2i + 2. */
  readonly #heap: Due[] = [];
  #nowMs = 0;
  #sequence = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, act: () => void): void {
    this.#sequence += 1;
    this.#push({ atMs: this.#nowMs + Math.max(0, delayMs), sequence: this.#sequence, act });
  }

  /** Lets time pass while `isOn` says so, until nothing is due any more or `untilMs` is reached. */
  runWhile(isOn: () => boolean, untilMs: number): void {
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= untilMs; next = this.#heap[0]) {
      if (!isOn()) return;
      this.#pop();
      this.#nowMs = next.atMs;
      next.act();
    }
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, due)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      const isRight = left !== undefined && right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (child === undefined || isBefore(last, child)) break;
      heap[at] = child;
      at = 2 * at + (isRight ? 2 : 1);
    }
    heap[at] = last;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);
}
