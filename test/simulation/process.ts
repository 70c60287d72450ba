// The operating-system process of a node: it can be paused, when all that it would do is done late, and it can
// crash, when all that it was about to do is never done.

import type { EventQueue } from './event-queue.ts';

export class Process {
  readonly #events: EventQueue;
  #isUp = true;
  #generation = 0;
  #pausedUntilMs = 0;

  constructor(events: EventQueue) {
    this.#events = events;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  pauseFor(ms: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#events.nowMs + ms);
  }

  crash(): void {
    this.#isUp = false;
    this.#generation += 1;
    this.#pausedUntilMs = 0;
  }

  start(): void {
    this.#isUp = true;
  }

  after(delayMs: number, act: () => void): void {
    const generation = this.#generation;
    this.#events.after(delayMs, () => this.#run(generation, act));
  }

  /** Now, unless the process is paused or down. */
  run(act: () => void): void {
    if (this.#isUp) this.#run(this.#generation, act);
  }

  #run(generation: number, act: () => void): void {
    if (generation !== this.#generation) return;
    const leftMs = this.#pausedUntilMs - this.#events.nowMs;
    if (leftMs > 0) this.#events.after(leftMs, () => this.#run(generation, act));
    else act();
  }
}
