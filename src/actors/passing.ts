// Passing: a request that arrives at another proposer than its key's home is passed on to the home, which
// acknowledges it at once and answers the client itself. Without the acknowledgement the router serves the request
// itself. That both may then execute it is made harmless by its pass mark (protocol/passes.ts, R3). Pure: notes and
// time come in, notes to send and requests to serve go out.

import { partitionOf } from '../protocol/partition.ts';
import { isAhead, NO_PASSES, type Pass, type PassMarks, withPass } from '../protocol/passes.ts';
import { ALL } from '../transport/envelope-codec.ts';
import { type Note, type RawRequest, rawBytes } from '../transport/pass-codec.ts';
import type { EncodedReply } from '../transport/reply-codec.ts';
import { REQUEST_ID_CHARACTERS_MAX } from '../transport/request-codec.ts';
import { Homes } from './homes.ts';
import { LatelyPassed } from './lately-passed.ts';

/** A larger request is served where it arrived. */
const PASS_BYTES_MAX = 256 * 1024;
const SUBJECT_CHARACTERS_MAX = 1024;
/** Of so many routers a home knows which passes it has taken; of one beyond, it takes those above all that it forgot. */
const ROUTERS_MAX = 64;
/** So many numbers of what was taken over are known one by one. */
const TAKEN_OVER_MAX = 4096;

/** Notes to one proposer, or to all. */
export interface Bundle {
  readonly recipient: string;
  readonly notes: readonly Note[];
}

/** A request that is to be executed here, under its pass mark. */
export interface Passed {
  readonly pass: Pass;
  readonly request: RawRequest;
  readonly sinceMs: number;
}

/** An answer for a client of ours, by a home that did not apply its request. */
export interface Returned {
  readonly reply: string;
  readonly told: EncodedReply;
}

interface Received {
  readonly passed: readonly Passed[];
  readonly returned: readonly Returned[];
}

interface Waiting {
  readonly request: RawRequest;
  readonly sinceMs: number;
}

interface PassingOptions {
  readonly incarnation: string;
  /** Passes that wait for their acknowledgement; what comes beyond is served here. */
  readonly passesMax: number;
  /** How many proposers share the keys at most. */
  readonly homesMax: number;
}

export class Passing {
  readonly #options: PassingOptions;
  readonly #homes: Homes;
  readonly #lately = new LatelyPassed();
  readonly #outbox = new Map<string, Note[]>();
  /** For each home the passes without acknowledgement, in ascending order of their numbers. */
  readonly #waiting = new Map<string, Map<number, Waiting>>();
  #waitingCount = 0;
  #lastNumber = 0;
  readonly #takenOver = new Set<number>();
  /** The highest number that #takenOver had to give up. */
  #takenOverForgotten = 0;
  /** What was taken of other routers, as home. */
  #taken: PassMarks = NO_PASSES;

  constructor(options: PassingOptions) {
    this.#options = options;
    this.#homes = new Homes(options.incarnation, options.homesMax);
  }

  /** Passes without an acknowledgement. */
  get waiting(): number {
    return this.#waitingCount;
  }

  /** The partitions whose home this proposer is. */
  get homeOf(): number {
    return this.#homes.own;
  }

  isHomeOf(partition: number): boolean {
    return this.#homes.homeOf(partition) === this.#options.incarnation;
  }

  /** Whether the home of the key is another proposer that would turn the request away. */
  isFull(key: string): boolean {
    return this.#homes.isFull(partitionOf(key));
  }

  /** How often to stand in the queue of the service. */
  places(nowMs: number): number {
    return this.#homes.places(nowMs);
  }

  /** The first of the homes. */
  get firstHome(): string {
    return this.#homes.first;
  }

  /** How long an acknowledgement of the home is waited for. */
  patienceMs(home: string, nowMs: number): number {
    return this.#homes.patienceMs(home, nowMs);
  }

  /** An answer of the home took so long. */
  learn(home: string, tookMs: number, nowMs: number): void {
    this.#homes.learn(home, tookMs, nowMs);
  }

  /** Puts the request into the outbox, for the home of its key. @returns whether it is for another to serve. */
  pass(key: string, request: RawRequest, nowMs: number): boolean {
    const { incarnation, passesMax } = this.#options;
    const home = this.#homes.homeOf(partitionOf(key));
    if (home === incarnation || this.#waitingCount >= passesMax || !isPassable(request)) return false;
    const number = this.#nextNumber(nowMs);
    const waiting = this.#waiting.get(home) ?? new Map<number, Waiting>();
    this.#waiting.set(home, waiting);
    waiting.set(number, { request, sinceMs: nowMs });
    this.#waitingCount += 1;
    this.#put(home, { kind: 'pass', number, request });
    return true;
  }

  /** The same for a write, which the reads of its key follow for a while. */
  passWrite(key: string, request: RawRequest, nowMs: number): boolean {
    const isPassed = this.pass(key, request, nowMs);
    if (isPassed) this.#lately.note(key, nowMs);
    return isPassed;
  }

  /** The same for a read: only where writes of its key were passed on lately, as any proposer can serve it. */
  passRead(key: string, request: RawRequest, nowMs: number): boolean {
    return this.#lately.has(key, nowMs) && !this.isFull(key) && this.pass(key, request, nowMs);
  }

  /** Takes the notes of one message. */
  receive(sender: string, notes: readonly Note[], nowMs: number): Received {
    const passed: Passed[] = [];
    const returned: Returned[] = [];
    if (sender === this.#options.incarnation) return { passed, returned };
    let first = 0;
    let last = 0;
    for (const note of notes) {
      switch (note.kind) {
        case 'present':
          this.#onPresent(sender, note, nowMs);
          break;
        case 'leaving':
          this.#homes.forget(sender);
          break;
        case 'pass':
        case 'probe': {
          const pass = { router: sender, number: note.number };
          // What was taken once is not taken again: nor would it be known then that it was not applied.
          if (!isAhead(this.#taken, pass)) break;
          this.#taken = withPass(this.#taken, pass, ROUTERS_MAX);
          first ||= note.number;
          last = note.number;
          if (note.kind === 'pass') passed.push({ pass, request: note.request, sinceMs: nowMs });
          break;
        }
        case 'taken':
          this.#onTaken(sender, note, nowMs);
          break;
        case 'returned':
          if (this.#isOthers(sender, note.number)) returned.push(note);
          break;
      }
    }
    if (last > 0) this.#put(sender, { kind: 'taken', first, last });
    return { passed, returned };
  }

  /** As home: the client is told by the router, unless that one has served the request itself. */
  giveBack({ router, number }: Pass, reply: string, told: EncodedReply): void {
    this.#put(router, { kind: 'returned', number, reply, told });
  }

  /** Tells all others that this one lives: often enough for PRESENCE. */
  announce(isFull = false): void {
    this.#put(ALL, { kind: 'present', number: this.#lastNumber, ...(isFull ? { isFull } : {}) });
  }

  leave(): void {
    this.#put(ALL, { kind: 'leaving' });
  }

  /** Doubts who is silent. @returns what is to be served here after all, in the order in which it came. */
  tick(nowMs: number): readonly Passed[] {
    this.#homes.expire(nowMs);
    const overdue: Passed[] = [];
    for (const [home, waiting] of this.#waiting) {
      const [oldest] = waiting.values();
      if (oldest === undefined || nowMs - oldest.sinceMs < this.#homes.patienceMs(home, nowMs)) continue;
      overdue.push(...this.doubt(home, nowMs));
    }
    return overdue;
  }

  /** Homes that clients do not reach. */
  get lost(): readonly string[] {
    return this.#homes.lost;
  }

  /** Clients do not reach this home any more. @returns what is to be served here after all, in order. */
  lose(home: string, nowMs: number): readonly Passed[] {
    this.#homes.lose(home, nowMs);
    return this.doubt(home, nowMs);
  }

  /** Clients reach it again. It is trusted once it acknowledges something as well. */
  find(home: string): void {
    this.#homes.find(home);
  }

  /** Doubts this one, until it acknowledges something again. @returns what is to be served here after all, in order. */
  doubt(home: string, nowMs: number): readonly Passed[] {
    this.#homes.doubt(home, this.#lastNumber, nowMs);
    const waiting = this.#waiting.get(home) ?? new Map<number, Waiting>();
    this.#waiting.delete(home);
    this.#waitingCount -= waiting.size;
    return [...waiting].map(([number, { request, sinceMs }]) => {
      this.#noteTakenOver(number);
      return { pass: { router: this.#options.incarnation, number }, request, sinceMs };
    });
  }

  /** All that is to be sent. */
  takeOutbox(): readonly Bundle[] {
    const bundles = [...this.#outbox].map(([recipient, notes]) => ({ recipient, notes }));
    this.#outbox.clear();
    return bundles;
  }

  #onPresent(sender: string, { number, isFull }: Extract<Note, { kind: 'present' }>, nowMs: number): void {
    // Routers whose clocks are behind keep up, so that a dropped mark of another does not stop them.
    this.#lastNumber = Math.max(this.#lastNumber, number);
    this.#homes.heard(sender, this.#lastNumber, nowMs, isFull);
    if (!this.#homes.isTrusted(sender)) this.#put(sender, { kind: 'probe', number: this.#nextNumber(nowMs) });
  }

  #onTaken(home: string, { first, last }: Extract<Note, { kind: 'taken' }>, nowMs: number): void {
    this.#homes.answered(home, last);
    const waiting = this.#waiting.get(home);
    if (waiting === undefined) return;
    const sent = waiting.get(last);
    if (sent !== undefined) this.#homes.learn(home, nowMs - sent.sinceMs, nowMs);
    for (const number of waiting.keys()) {
      if (number > last) break;
      if (number >= first) this.#settle(home, waiting, number);
    }
  }

  /** Whether a pass is in its home's hands alone: not taken over, and from now on never. */
  #isOthers(home: string, number: number): boolean {
    const waiting = this.#waiting.get(home);
    if (waiting?.has(number)) this.#settle(home, waiting, number);
    return number > this.#takenOverForgotten && !this.#takenOver.has(number);
  }

  #settle(home: string, waiting: Map<number, Waiting>, number: number): void {
    waiting.delete(number);
    this.#waitingCount -= 1;
    if (waiting.size === 0) this.#waiting.delete(home);
  }

  #noteTakenOver(number: number): void {
    this.#takenOver.add(number);
    if (this.#takenOver.size <= TAKEN_OVER_MAX) return;
    const [oldest = 0] = this.#takenOver;
    this.#takenOver.delete(oldest);
    this.#takenOverForgotten = Math.max(this.#takenOverForgotten, oldest);
  }

  /** Greater than all before, and about the time in microseconds, so that those of all routers keep pace. */
  #nextNumber(nowMs: number): number {
    this.#lastNumber = Math.max(this.#lastNumber + 1, Math.floor(nowMs * 1000));
    return this.#lastNumber;
  }

  #put(recipient: string, note: Note): void {
    const notes = this.#outbox.get(recipient);
    if (notes === undefined) this.#outbox.set(recipient, [note]);
    else notes.push(note);
  }
}

/** A request that no home could read is refused by who has it. */
function isPassable(request: RawRequest): boolean {
  return (
    rawBytes(request) <= PASS_BYTES_MAX &&
    request.subject.length <= SUBJECT_CHARACTERS_MAX &&
    request.reply.length <= SUBJECT_CHARACTERS_MAX &&
    (request.id?.length ?? 0) <= REQUEST_ID_CHARACTERS_MAX
  );
}
