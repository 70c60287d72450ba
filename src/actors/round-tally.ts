// What a proposer counts of its rounds, by phase, and of the acceptors that answer them. Nothing is decided by it.

import type { Reply } from '../protocol/messages.ts';
import { isReserveAsked } from '../protocol/reserve.ts';
import { type Asking, type Instance, isAsking } from '../protocol/work.ts';
import { Histogram, SIZES, TIMES_MS } from './histogram.ts';

export type Phase = Asking['phase'];

/** What one acceptor did for this proposer. */
interface Answered {
  /** Values that it accepted. Of what its peers accepted, it missed the rest. */
  accepted: number;
  heardAtMs: number;
}

export class RoundTally {
  /** From the first message of a phase to what decided it, in milliseconds. */
  readonly phaseMs: Readonly<Record<Phase, Histogram>> = {
    reading: new Histogram(TIMES_MS),
    fetching: new Histogram(TIMES_MS),
    preparing: new Histogram(TIMES_MS),
    accepting: new Histogram(TIMES_MS),
  };
  /** Phases that came to nothing, for a conflict or for the lack of votes, and were begun again. */
  readonly lost: Record<Phase, number> = { reading: 0, fetching: 0, preparing: 0, accepting: 0 };
  /** Requests that share a round. */
  readonly batches = new Histogram(SIZES);
  /** Quorum reads that a change took along, and batches that waited for one. */
  joined = 0;
  held = 0;
  /** Times that silent acceptors were asked again. */
  resends = 0;
  /** Times that the reserve was asked: nothing was decided without it, or somebody was late. */
  readonly reserveAsked = { undecided: 0, late: 0 };
  readonly #acceptors = new Map<string, Answered>();

  get acceptors(): ReadonlyMap<string, Readonly<Answered>> {
    return this.#acceptors;
  }

  heard(acceptor: string, replies: readonly Reply[], nowMs: number): void {
    let answered = this.#acceptors.get(acceptor);
    if (answered === undefined) {
      answered = { accepted: 0, heardAtMs: nowMs };
      this.#acceptors.set(acceptor, answered);
    }
    answered.heardAtMs = nowMs;
    for (const { kind } of replies) if (kind === 'accepted') answered.accepted += 1;
  }

  /** Forgets all: who is new would seem to have missed what was before. */
  forgetAcceptors(): void {
    this.#acceptors.clear();
  }

  /** What a reply made of an instance. @returns how long the phase took that it decided, if it did. */
  received(before: Instance, after: Instance, nowMs: number): number | undefined {
    if (before === after || !isAsking(before.work)) return undefined;
    const { phase, startedAtMs } = before.work;
    if (after.failures > before.failures) this.lost[phase] += 1;
    else if (!isAsking(after.work) || after.work.phase !== phase) {
      const tookMs = nowMs - startedAtMs;
      this.phaseMs[phase].count(tookMs);
      return tookMs;
    } else if (isReserveAsked(before.work, after.work)) {
      this.reserveAsked.undecided += 1;
      this.#willRepeat(before.work);
    }
    return undefined;
  }

  /** What the passing of time made of it. */
  ticked(before: Instance, after: Instance): void {
    if (before === after || !isAsking(before.work)) return;
    if (after.failures > before.failures) this.lost[before.work.phase] += 1;
    else if (isAsking(after.work)) {
      if (after.work.resends > before.work.resends) this.resends += 1;
      else if (isReserveAsked(before.work, after.work)) {
        this.reserveAsked.late += 1;
        this.#willRepeat(before.work);
      }
    }
  }

  /** The reserve votes on what it has, and on what it is asked: the same. */
  #willRepeat({ phase, reserve }: Asking): void {
    if (phase !== 'accepting') return;
    for (const acceptor of reserve) {
      const answered = this.#acceptors.get(acceptor);
      if (answered !== undefined) answered.accepted -= 1;
    }
  }
}
