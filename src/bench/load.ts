// The load of one thread: its clients, and when each begins its next operation. A closed loop begins one as soon
// as a client is free. An open loop has a time for each at a fixed rate, and counts latency from that time on,
// whether a client was free or not: a service that stalls does not slow down the asking (no coordinated omission).

import type { Message } from '../transport/transport.ts';
import type { BenchClock } from './bench-clock.ts';
import { type Latencies, noLatencies, recordLatency } from './latencies.ts';
import { type Counts, isRefusal } from './outcome.ts';
import type { Ask, Sender } from './requests.ts';
import type { Session } from './workloads.ts';

/** What was measured. Can be posted to another thread. */
export interface Tally {
  /** From measure() to finish(). */
  readonly windowMs: number;
  /** Operations that ended within the window, and those of them that succeeded. */
  readonly ended: number;
  readonly succeeded: number;
  /**
   * How the operations ended that were to begin within the window, those among them that ended later included;
   * `not_sent` when no client was free for one before the end.
   */
  readonly outcomes: Counts;
  /** Of the same operations, from when each was to begin. */
  readonly latencies: Latencies;
  /** Those of them that waited for a free client. */
  readonly waited: number;
  /** Those of them that began late although a client was free: the load itself had too little CPU. */
  readonly late: number;
}

export interface Pace {
  /** Operations per second that begin; null for a closed loop. */
  readonly rate: number | null;
}

/** Timers are up to a millisecond late, always; what is later than this says something. */
const LATE_MS = 5;

/** Of any service whose requests somebody can send; by default those of NATS. */
export class Load<Request = Ask, Reply = Message> {
  readonly #requests: Sender<Request, Reply>;
  readonly #clock: BenchClock;
  readonly #intervalMs: number | null;
  readonly #idle: Session<Request, Reply>[];
  readonly #clients: number;
  #startMs = 0;
  #begun = 0;
  /** Since when some client has been free. */
  #freeSinceMs = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;
  #isOver = false;
  #onDrained: (() => void) | undefined;
  #measureMs = Number.POSITIVE_INFINITY;
  #ended = 0;
  #succeeded = 0;
  #waited = 0;
  #late = 0;
  #outcomes = new Map<string, number>();
  #latencies = noLatencies();
  /** Since start(): for people who wait. */
  #total = 0;
  #failures = 0;

  constructor(
    requests: Sender<Request, Reply>,
    clock: BenchClock,
    sessions: readonly Session<Request, Reply>[],
    { rate }: Pace,
  ) {
    this.#requests = requests;
    this.#clock = clock;
    this.#intervalMs = rate === null ? null : 1000 / rate;
    this.#idle = [...sessions];
    this.#clients = sessions.length;
  }

  /** Operations since start(), and those of them that neither succeeded nor were refused. */
  get progress(): { readonly ended: number; readonly failed: number } {
    return { ended: this.#total, failed: this.#failures };
  }

  start(): void {
    this.#startMs = this.#clock.nowMs();
    this.#dispatch();
  }

  /** The warm-up is over: what is to begin from now on counts. */
  measure(): void {
    this.#measureMs = this.#clock.nowMs();
  }

  /** Begins nothing more, and waits for the end of what was begun. */
  async finish(): Promise<Tally> {
    this.#dispatch();
    const endMs = this.#clock.nowMs();
    this.#isOver = true;
    this.#cancelTimer?.();
    const { ended, succeeded } = { ended: this.#ended, succeeded: this.#succeeded };
    if (this.#idle.length === 0) this.#countUnsent(endMs);
    if (this.#idle.length < this.#clients) {
      await new Promise<void>(resolve => {
        this.#onDrained = resolve;
      });
    }
    return {
      windowMs: endMs - this.#measureMs,
      ended,
      succeeded,
      outcomes: Object.fromEntries(this.#outcomes),
      latencies: this.#latencies,
      waited: this.#waited,
      late: this.#late,
    };
  }

  /** Begins what is due, as far as clients are free, and comes back when the next one is. */
  #dispatch(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    while (!this.#isOver && this.#idle.length > 0) {
      const nowMs = this.#clock.nowMs();
      const dueMs = this.#dueMs(nowMs);
      if (dueMs > nowMs) {
        this.#cancelTimer = this.#clock.after(dueMs - nowMs, () => this.#dispatch());
        return;
      }
      const session = this.#idle.pop();
      if (session === undefined) return;
      this.#begun += 1;
      if (dueMs >= this.#measureMs) this.#countDelay(dueMs, nowMs);
      this.#send(session, session.begin(), dueMs);
    }
  }

  /** When the next operation is to begin. */
  #dueMs(nowMs: number): number {
    return this.#intervalMs === null ? nowMs : this.#startMs + this.#begun * this.#intervalMs;
  }

  #countDelay(dueMs: number, nowMs: number): void {
    if (dueMs < this.#freeSinceMs) this.#waited += 1;
    else if (nowMs - dueMs > LATE_MS) this.#late += 1;
  }

  #send(session: Session<Request, Reply>, ask: Request, dueMs: number): void {
    this.#requests.send(ask, reply => {
      const next = session.proceed(reply);
      if (typeof next !== 'string') this.#send(session, next, dueMs);
      else this.#end(session, next, dueMs);
    });
  }

  #end(session: Session<Request, Reply>, outcome: string, dueMs: number): void {
    this.#total += 1;
    if (outcome !== 'ok' && !isRefusal(outcome)) this.#failures += 1;
    const nowMs = this.#clock.nowMs();
    if (nowMs >= this.#measureMs && !this.#isOver) {
      this.#ended += 1;
      if (outcome === 'ok') this.#succeeded += 1;
    }
    if (dueMs >= this.#measureMs) this.#count(outcome, nowMs - dueMs);
    if (this.#idle.length === 0) this.#freeSinceMs = nowMs;
    this.#idle.push(session);
    if (!this.#isOver) this.#dispatch();
    else if (this.#idle.length === this.#clients) this.#onDrained?.();
  }

  #count(outcome: string, ms: number): void {
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
    recordLatency(this.#latencies, ms);
  }

  /** Their latency is at least what they have waited; to leave them out would flatter. */
  #countUnsent(endMs: number): void {
    if (this.#intervalMs === null) return;
    for (; this.#dueMs(endMs) < endMs; this.#begun++) {
      const dueMs = this.#dueMs(endMs);
      if (dueMs >= this.#measureMs) this.#count('not_sent', endMs - dueMs);
    }
  }
}
