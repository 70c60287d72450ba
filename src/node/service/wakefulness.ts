// Wakefulness: notices that this process was stopped or held up, and from when on what it reads was sent after that.
// What lingered in its socket is old: a client may have repeated it elsewhere so long ago that its id is forgotten
// (R1, limit), and to execute it now would be to apply it twice.

import type { Clock } from '../../actors/clock.ts';
import type { Transport } from '../../transport/transport.ts';
import { flushed } from '../process/flushed.ts';

/** A stop is counted from the beat before it: who beats seldom takes shorter hold-ups for one. */
export const BEAT_MS = 10;
/** A beat that comes so late tells that the process did not run. */
export const HELD_UP_MS_MAX = 200;

export class Wakefulness {
  readonly #clock: Clock;
  readonly #transport: Transport;
  readonly #timer: NodeJS.Timeout;
  #beatMs: number;
  /** The beat before the latest stop. */
  #stoppedMs = 0;
  #isBehind = false;
  #isClosed = false;

  constructor(clock: Clock, transport: Transport) {
    this.#clock = clock;
    this.#transport = transport;
    this.#beatMs = clock.nowMs();
    this.#timer = setInterval(() => this.#beat(), BEAT_MS);
  }

  /** Whether what is read at `nowMs` may have been sent before this process went on. */
  isBehind(nowMs: number): boolean {
    if (nowMs - this.#beatMs > HELD_UP_MS_MAX) {
      this.#stoppedMs = this.#beatMs;
      if (!this.#isBehind) {
        this.#isBehind = true;
        void this.#catchUp();
      }
    }
    return this.#isBehind;
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
  }

  /** Sockets may be read before the first beat or after it: either way the gap is seen. */
  #beat(): void {
    const nowMs = this.#clock.nowMs();
    this.isBehind(nowMs);
    this.#beatMs = nowMs;
  }

  /** What the server sends after it has answered a ping was sent after the ping. Asked once more when a stop was seen meanwhile. */
  async #catchUp(): Promise<void> {
    let stoppedMs: number;
    do {
      stoppedMs = this.#stoppedMs;
      if (!(await flushed(this.#transport, () => this.#isClosed))) return;
    } while (stoppedMs !== this.#stoppedMs);
    this.#isBehind = false;
  }
}
