// Whom a proposer leaves in reserve (protocol/reserve.ts): the last of an order in which who was late, or has no space, goes to
// the end. After that all are asked at once for a while, for twice as long each time: where acceptors are late again and again,
// whoever is quickest decides.

import type { Configuration } from '../protocol/quorum.ts';
import { answers, isReserveAsked, owing, reserveOf } from '../protocol/reserve.ts';
import { type Instance, isAsking } from '../protocol/work.ts';
import { LearnedTimeout } from './learned-timeout.ts';

const PAUSE_MS_MIN = 1000;
const PAUSE_MS_MAX = 60_000;
/**
 * On the busiest cluster a vote is late after this. What a failure makes first answers take is learnt, too. With 100 ms a killed nats-server
 * cost the TypeScript client 214, 217, 100 and 57 ms in four trials of `npm run availability`, with 40 ms 58 ms in one (2026-11-30).
 */
const LATE_MS_MAX = 40;
const NOBODY: readonly string[] = [];

export class Reserve {
  readonly #asks: 'quorum' | 'all';
  /** After what it takes until the first acceptor answers: one that is slow does not teach that all are. */
  readonly #lateTimeout: LearnedTimeout;
  #configuration: Configuration | undefined;
  #reserve = NOBODY;
  /** Who was late, the last one last. */
  #late = NOBODY;
  #pauseMs = PAUSE_MS_MIN;
  #pausesUntilMs = Number.NEGATIVE_INFINITY;

  /** @param lateMs after which a vote may be late */
  constructor(asks: 'quorum' | 'all', lateMs: number) {
    this.#asks = asks;
    this.#lateTimeout = new LearnedTimeout(lateMs, Math.max(lateMs, LATE_MS_MAX));
  }

  /** Who has owed a vote for so long after another one gave it is late. */
  get lateMs(): number {
    return this.#lateTimeout.ms;
  }

  /** Members that need not vote at once. */
  of(configuration: Configuration, nowMs: number): readonly string[] {
    if (this.#asks === 'all' || nowMs < this.#pausesUntilMs) return NOBODY;
    if (this.#configuration !== configuration) {
      this.#configuration = configuration;
      const punctual = configuration.acceptors.filter(acceptor => !this.#late.includes(acceptor));
      const late = this.#late.filter(acceptor => configuration.acceptors.includes(acceptor));
      this.#reserve = reserveOf(configuration, [...punctual, ...late]);
    }
    return this.#reserve;
  }

  /** What a reply made of an instance. */
  received({ work: before }: Instance, { work: after }: Instance, nowMs: number): void {
    if (before === after || !isAsking(before)) return;
    if (answers(before) === 0 && before.resends === 0) this.#lateTimeout.learn(nowMs - before.startedAtMs);
    if (!isAsking(after) || !isReserveAsked(before, after)) return;
    const withoutSpace = 'round' in after ? after.round.full : NOBODY;
    if (withoutSpace.length > 0) this.late(withoutSpace, nowMs);
  }

  /** What the passing of time made of it. Where all are asked again nobody had answered, and nobody was late. */
  ticked(
    { work: before }: Instance,
    { work: after }: Instance,
    configuration: Configuration,
    nowMs: number,
  ): void {
    if (before === after || !isAsking(before) || !isAsking(after) || after.resends > before.resends) return;
    if (isReserveAsked(before, after)) this.late(owing(before, configuration), nowMs);
  }

  /** They are not to be asked first. */
  late(acceptors: readonly string[], nowMs: number): void {
    if (nowMs < this.#pausesUntilMs) return;
    const isAgain = nowMs < this.#pausesUntilMs + PAUSE_MS_MAX;
    this.#pauseMs = isAgain ? Math.min(PAUSE_MS_MAX, this.#pauseMs * 2) : PAUSE_MS_MIN;
    this.#pausesUntilMs = nowMs + this.#pauseMs;
    this.#late = [...this.#late.filter(acceptor => !acceptors.includes(acceptor)), ...acceptors];
    this.#configuration = undefined;
  }
}
