// The desk for the other proposers: says that this one lives, and brings what is passed on, acknowledged and given
// back from one to another. What to pass and whom to trust is actors/passing.ts.

import type { Clock } from '../../actors/clock.ts';
import { type Passed, Passing, type Returned } from '../../actors/passing.ts';
import type { Pass } from '../../protocol/passes.ts';
import type { Configuration } from '../../protocol/quorum.ts';
import { ALL } from '../../transport/envelope-codec.ts';
import { packed } from '../../transport/packing.ts';
import {
  decodeNotes,
  encodeNotes,
  type Note,
  noteBytes,
  type RawRequest,
} from '../../transport/pass-codec.ts';
import type { EncodedReply } from '../../transport/reply-codec.ts';
import { internalSubjects } from '../../transport/subjects.ts';
import type { Message, Subscription, Transport } from '../../transport/transport.ts';
import { envelopeOf } from '../process/envelope-of.ts';
import type { Log } from '../process/log.ts';
import { Fellows } from './fellows.ts';

interface PassDeskParts {
  readonly incarnation: string;
  /** As it is by now. */
  readonly configuration: () => Configuration;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly passesMax: number;
  readonly homesMax: number;
  /** To be throttled. */
  readonly log: Log;
  readonly onPassed: (passed: Passed) => void;
  readonly onReturned: (returned: Returned) => void;
  /** Whether clients can be answered from here. */
  readonly isReachable: () => boolean;
  /** Whether clients are turned away here. */
  readonly isFull: () => boolean;
  /** How often to stand in the queue of the service from now on, and which home is the first. */
  readonly onPlaces: (places: number, firstHome: string) => void;
}

/** Of looks, every other one also says that this one lives. */
const LOOK_MS = 25;
/** How often passes are looked at, while there are any without acknowledgement. */
const TICK_MS = 10;

export class PassDesk {
  readonly #parts: PassDeskParts;
  readonly #passing: Passing;
  readonly #fellows = new Fellows();
  readonly #subscriptions: Subscription[] = [];
  #presence: NodeJS.Timeout | undefined;
  /** Whether the others were told last that this one lives, and not that it leaves. */
  #isPresent = false;
  #tick: NodeJS.Timeout | undefined;
  #isSending = false;

  constructor(parts: PassDeskParts) {
    this.#parts = parts;
    this.#passing = new Passing(parts);
  }

  /** Passes that wait for their acknowledgement. */
  get waiting(): number {
    return this.#passing.waiting;
  }

  /** The partitions whose home this proposer is. */
  get homeOf(): number {
    return this.#passing.homeOf;
  }

  /** The other proposers that were heard lately and did not leave: how long ago, in ms. */
  get fellows(): ReadonlyMap<string, number> {
    return this.#fellows.known(this.#parts.clock.nowMs());
  }

  isHomeOf(partition: number): boolean {
    return this.#passing.isHomeOf(partition);
  }

  open(): void {
    const { transport, configuration, incarnation } = this.#parts;
    const subjects = internalSubjects(configuration().cluster);
    for (const subject of [subjects.presence, subjects.passes(incarnation)]) {
      this.#subscriptions.push(transport.subscribe(subject, message => this.#receive(message)));
    }
    this.#announce();
    let looks = 0;
    this.#presence = setInterval(() => {
      looks += 1;
      if (looks % 2 === 0 || this.#isPresent !== this.#parts.isReachable()) this.#announce();
      else this.#lookSoon();
    }, LOOK_MS);
  }

  /** Says goodbye: nobody passes anything here any more. What was passed before is still taken. */
  leave(): void {
    clearInterval(this.#presence);
    this.#passing.leave();
    this.#send();
  }

  close(): void {
    this.#send();
    clearTimeout(this.#tick);
    for (const subscription of this.#subscriptions) subscription.close();
  }

  /** Whether the home of the key is another proposer that would turn the request away. */
  isFull(key: string): boolean {
    return this.#passing.isFull(key);
  }

  /** @returns whether another proposer serves the request. */
  pass(key: string, request: RawRequest, isRead: boolean): boolean {
    const nowMs = this.#parts.clock.nowMs();
    const isPassed = isRead
      ? this.#passing.passRead(key, request, nowMs)
      : this.#passing.passWrite(key, request, nowMs);
    if (!isPassed) return false;
    this.#sendSoon();
    this.#tickSoon();
    return true;
  }

  giveBack(pass: Pass, reply: string, told: EncodedReply): void {
    this.#passing.giveBack(pass, reply, told);
    this.#sendSoon();
  }

  #receive({ bytes, subject }: Message): void {
    const { configuration, incarnation, clock, log, isReachable, onPassed, onReturned } = this.#parts;
    const envelope = envelopeOf(decodeNotes(configuration(), bytes), subject, log);
    if (envelope === undefined) return;
    const { sender, recipient, items } = envelope;
    if (recipient !== incarnation && recipient !== ALL) return;
    const isGoodbye = items.some(({ kind }) => kind === 'leaving');
    if (isGoodbye) this.#fellows.left(sender);
    else if (sender !== incarnation && items.some(({ kind }) => kind === 'present'))
      this.#fellows.heard(sender, clock.nowMs());
    const heard = isReachable() ? items : items.filter(asksNothing);
    const { passed, returned } = this.#passing.receive(sender, heard, clock.nowMs());
    this.#sendSoon();
    for (const one of passed) onPassed(one);
    for (const one of returned) onReturned(one);
    // Who leaves waits only so long for those that take its places in the queue.
    if (isGoodbye) this.#lookSoon();
  }

  /** Who cannot answer clients is no home: it would take in what is passed to it, and tell nobody how that ended. */
  #announce(): void {
    const { isReachable, isFull } = this.#parts;
    const wasPresent = this.#isPresent;
    this.#isPresent = isReachable();
    if (this.#isPresent) this.#passing.announce(isFull());
    else if (wasPresent) this.#passing.leave();
    this.#send();
    this.#lookSoon();
  }

  #tickSoon(): void {
    this.#tick ??= setTimeout(() => this.#lookSoon(), TICK_MS);
  }

  /** How long an acknowledgement of that home is waited for. */
  patienceMs(home: string): number {
    return this.#passing.patienceMs(home, this.#parts.clock.nowMs());
  }

  /** It answered something else after so long. */
  learn(home: string, tookMs: number): void {
    this.#passing.learn(home, tookMs, this.#parts.clock.nowMs());
  }

  /** Homes that clients do not reach. */
  get lost(): readonly string[] {
    return this.#passing.lost;
  }

  /** Clients do not reach that home any more, whatever it says to other proposers. */
  lose(home: string): void {
    this.#takeOver(this.#passing.lose(home, this.#parts.clock.nowMs()));
    this.#lookSoon();
  }

  /** Clients reach it again. */
  find(home: string): void {
    this.#passing.find(home);
  }

  /** After the messages that are there to be read now: this process may have been paused, and not the others. */
  #lookSoon(): void {
    this.#tick = undefined;
    setImmediate(() => {
      const { clock } = this.#parts;
      this.#takeOver(this.#passing.tick(clock.nowMs()));
      this.#parts.onPlaces(this.#passing.places(clock.nowMs()), this.#passing.firstHome);
      if (this.#passing.waiting > 0) this.#tickSoon();
    });
  }

  #takeOver(overdue: readonly Passed[]): void {
    const { log, onPassed } = this.#parts;
    if (overdue.length > 0) log('passes_taken_over', { requests: overdue.length });
    for (const passed of overdue) onPassed(passed);
  }

  /** Once for all that comes up in a turn of the event loop. */
  #sendSoon(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    setImmediate(() => this.#send());
  }

  #send(): void {
    const { configuration, transport, incarnation: sender } = this.#parts;
    const own = configuration();
    const subjects = internalSubjects(own.cluster);
    this.#isSending = false;
    for (const { recipient, notes } of this.#passing.takeOutbox()) {
      const subject = recipient === ALL ? subjects.presence : subjects.passes(recipient);
      for (const items of packed(notes, noteBytes)) {
        transport.publish(subject, encodeNotes(own, { sender, recipient, items }));
      }
    }
  }
}

function asksNothing({ kind }: Note): boolean {
  return kind !== 'pass' && kind !== 'probe';
}
