// The door of the service: when requests are turned away, before they are even read. Who is told early that there is too
// much to do can ask elsewhere or later; who is let in to wait behind too many asks again, and makes it worse.

/** What the desk is like when a request comes. */
interface Crowd {
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
 * While requests wait for so long before they are read, and DELAYED_MIN were let in, all that is done is to turn
 * away: else what is served would take the time of those who are to be told early.
 */
const INBOX_DELAY_MS_MAX = 150;
const DELAYED_MIN = 256;
const LATELY_MS = 1000;

export class Door {
  readonly #waitingMax: number;
  #fullUntilMs = Number.NEGATIVE_INFINITY;

  /** @param waitingMax more are never let in */
  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax;
  }

  isFull({ nowMs, waiting, waitedMs, inboxDelayMs }: Crowd): boolean {
    const isFull =
      waiting >= this.#waitingMax ||
      (waiting >= WAITING_MIN && waitedMs > WAITED_MS_MAX) ||
      (waiting >= DELAYED_MIN && inboxDelayMs > INBOX_DELAY_MS_MAX);
    if (isFull) this.#fullUntilMs = nowMs + LATELY_MS;
    return isFull;
  }

  /** Whether somebody was turned away in the last second. */
  wasFull(nowMs: number): boolean {
    return nowMs < this.#fullUntilMs;
  }
}
