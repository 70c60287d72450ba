// Whom a proposer leaves in reserve (protocol/reserve.ts): the last of an order in which who was late goes to the end. After
// somebody was late all are asked at once for a while, for twice as long each time: where acceptors are late again
// and again, whoever is quickest decides.

import type { Configuration } from '../protocol/quorum.ts';
import { reserveOf } from '../protocol/reserve.ts';

const PAUSE_MS_MIN = 1000;
const PAUSE_MS_MAX = 60_000;
const NOBODY: readonly string[] = [];

export class Reserve {
  #configuration: Configuration | undefined;
  #reserve = NOBODY;
  /** Who was late, the last one last. */
  #late = NOBODY;
  #pauseMs = PAUSE_MS_MIN;
  #pausesUntilMs = Number.NEGATIVE_INFINITY;

  /** Members that need not vote at once. */
  of(configuration: Configuration, nowMs: number): readonly string[] {
    if (nowMs < this.#pausesUntilMs) return NOBODY;
    if (this.#configuration !== configuration) {
      this.#configuration = configuration;
      const punctual = configuration.acceptors.filter(acceptor => !this.#late.includes(acceptor));
      const late = this.#late.filter(acceptor => configuration.acceptors.includes(acceptor));
      this.#reserve = reserveOf(configuration, [...punctual, ...late]);
    }
    return this.#reserve;
  }

  /** They owed a vote for too long. */
  late(acceptors: readonly string[], nowMs: number): void {
    if (nowMs < this.#pausesUntilMs) return;
    const isAgain = nowMs < this.#pausesUntilMs + PAUSE_MS_MAX;
    this.#pauseMs = isAgain ? Math.min(PAUSE_MS_MAX, this.#pauseMs * 2) : PAUSE_MS_MIN;
    this.#pausesUntilMs = nowMs + this.#pauseMs;
    this.#late = [...this.#late.filter(acceptor => !acceptors.includes(acceptor)), ...acceptors];
    this.#configuration = undefined;
  }
}
