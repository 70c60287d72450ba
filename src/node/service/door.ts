// The door of the service: when requests are turned away, before they are even read. Who is told early that there is too
// much to do can ask elsewhere or later; who is let in to wait behind too many asks again, and makes it worse.

/** What the desk is like when a request comes. */
export interface Crowd {
  readonly nowMs: number;
  /** Requests that were let in and have no answer yet. */
  readonly waiting: number;
  /** For how long the oldest of them has waited. */
  readonly waitedMs: number;
  /** How long what is read now has waited to be read. */
  readonly inboxDelayMs: number;
}

/**
 * While the oldest request has waited for so long, requests beyond the first WAITING_MIN are turned away: they would
 * wait behind it, time out, and be asked again.
 */
const WAITED_MS_MAX = 250;
const WAITING_MIN = 1024;
/**
 * While requests wait for so long before they are read, fewer and fewer are let in, as what is served takes the time of
 * those who are to be told early; then more and more again (as TCP does with what it sends; Jacobson, 1988).
 */
const INBOX_DELAY_MS_MAX = 100;
const STEP_MS = 50;
const FEWER = 0.5;
const MORE = 1.25;
/** So many are always let in: a process that was stopped for a moment finds a few. */
const DELAYED_MIN = 64;
const LATELY_MS = 1000;

export class Door {
  readonly #waitingMax: number;
  /** So many are let in now. */
  #most: number;
  #nextStepMs = Number.NEGATIVE_INFINITY;
  #fullUntilMs = Number.NEGATIVE_INFINITY;
  #wasFullInTurn = false;

  /** @param waitingMax more are never let in */
  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax;
    this.#most = waitingMax;
  }

  isFull({ nowMs, waiting, waitedMs, inboxDelayMs }: Crowd): boolean {
    if (nowMs >= this.#nextStepMs) this.#step(nowMs, inboxDelayMs);
    const isFull = waiting >= this.#most || (waiting >= WAITING_MIN && waitedMs > WAITED_MS_MAX);
    if (isFull) this.#fullUntilMs = nowMs + LATELY_MS;
    return isFull;
  }

  /** Who is full is full for the rest of this turn of the event loop: not to be asked again for each message of it. */
  isFullInTurn(crowd: () => Crowd): boolean {
    if (this.#wasFullInTurn) return true;
    if (!this.isFull(crowd())) return false;
    this.#wasFullInTurn = true;
    setImmediate(() => {
      this.#wasFullInTurn = false;
    });
    return true;
  }

  /** Whether somebody was turned away in the last second. */
  wasFull(nowMs: number): boolean {
    return nowMs < this.#fullUntilMs;
  }

  #step(nowMs: number, inboxDelayMs: number): void {
    this.#nextStepMs = nowMs + STEP_MS;
    const wanted = this.#most * (inboxDelayMs > INBOX_DELAY_MS_MAX ? FEWER : MORE);
    this.#most = Math.min(this.#waitingMax, Math.max(DELAYED_MIN, wanted));
  }
}
