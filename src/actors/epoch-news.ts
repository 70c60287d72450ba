// How nodes learn of another epoch (C2): whoever gets a message of one that is not its own says which it is in, and with
// which members if it knows them; whoever hears of an older one says its own. So a newer one gets around, and a
// question needs no kind of its own. Pure; who carries the notes is its caller's business.

import type { EpochNote, Membership } from '../protocol/membership.ts';

/** Not more often than that, whatever comes. */
const TELL_MS = 20;

export class EpochNews {
  readonly #own: () => EpochNote;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(own: () => EpochNote) {
    this.#own = own;
  }

  /** A message of that epoch came. @returns whether to tell the own one. */
  meets(epoch: number, nowMs: number): boolean {
    return epoch !== this.#own().epoch && this.#isTime(nowMs);
  }

  /** What another node says. @returns what to adopt of it, or whether to tell what it does not know. */
  hears(note: EpochNote, nowMs: number): { readonly adopt?: Membership; readonly tells: boolean } {
    const own = this.#own();
    const isUnknown = note.epoch === own.epoch && own.membership === undefined;
    if (note.epoch > own.epoch || isUnknown) {
      return note.membership === undefined ? { tells: false } : { adopt: note.membership, tells: false };
    }
    const isNews = note.epoch < own.epoch || note.membership === undefined;
    return { tells: isNews && own.membership !== undefined && this.#isTime(nowMs) };
  }

  #isTime(nowMs: number): boolean {
    if (nowMs < this.#toldAtMs + TELL_MS) return false;
    this.#toldAtMs = nowMs;
    return true;
  }
}
