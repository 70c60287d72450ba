// What happened, for people. Off while seeds are tried, since the run of a seed can be repeated with it on.

import type { EventQueue } from './event-queue.ts';

export class Trace {
  readonly lines: string[] = [];
  readonly #isOn: boolean;
  readonly #events: EventQueue;

  constructor(events: EventQueue, isOn: boolean) {
    this.#events = events;
    this.#isOn = isOn;
  }

  note(where: string, what: () => string): void {
    if (!this.#isOn) return;
    this.lines.push(`${this.#events.nowMs.toFixed(3).padStart(11)}  ${where.padEnd(9)} ${what()}`);
  }
}
