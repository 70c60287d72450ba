// Brings the keys of a partition over to the members after a change: has them told, sends each acceptor copies of what it
// lacks, and raises the promise of all (C3, C5). What has to be copied is protocol/carrying.ts. It leaves half of the time
// to clients.

import { setTimeout as delay } from 'node:timers/promises';
import { SightingTable } from '../actors/sightings.ts';
import { type Ballot, maxBallot, ZERO_BALLOT } from '../protocol/ballot.ts';
import { bindsFloor, Carrying } from '../protocol/carrying.ts';
import { MembershipError } from '../protocol/membership.ts';
import type { Command, Reply } from '../protocol/messages.ts';
import { floorName } from '../protocol/partition.ts';
import { isMember, isQuorum, withVoter } from '../protocol/quorum.ts';
import { nameIn, partitionKey } from '../protocol/stays.ts';
import { ALL, decodeReplies, encodeCommands, itemBytes } from '../transport/message-codec.ts';
import { internalSubjects } from '../transport/subjects.ts';
import type { Subscription } from '../transport/transport.ts';
import { type KeyPageParts, KeyPages } from './key-pages.ts';
import { packed } from './packing.ts';

interface CarrierParts extends KeyPageParts {
  /** Reads a key under the joint quorums. */
  readonly read: (key: string) => Promise<unknown>;
}

type OnReply = (acceptor: string, reply: Reply) => void;

/** After each page it rests for as long as the page took, and so that it is not faster than this. */
const KEYS_PER_MS_MAX = 2.5;
const ANSWER_MS = 200;
const ASKS_MAX = 10;
/** Reads that are under way at once. */
const READS_MAX = 256;

export class Carrier {
  readonly #parts: CarrierParts;
  readonly #name: string;
  readonly #pages: KeyPages;
  readonly #subscription: Subscription;
  readonly #listeners = new Set<OnReply>();
  readonly #sightings = new SightingTable();
  #lastSerial = 0;

  constructor(parts: CarrierParts) {
    const { cluster, incarnation, transport, configuration, log } = parts;
    this.#parts = parts;
    this.#name = `${incarnation}-carrier`;
    this.#pages = new KeyPages(parts);
    const subject = internalSubjects(cluster).proposer(this.#name);
    this.#subscription = transport.subscribe(subject, ({ bytes }) => {
      const decoded = decodeReplies({ cluster }, bytes);
      if (decoded.kind === 'refused') {
        log('message_refused', { subject, why: decoded.why });
        return;
      }
      const { epoch, sender, recipient, items, stamp } = decoded.envelope;
      const own = configuration();
      if (recipient !== this.#name || epoch !== own.epoch || !isMember(own, sender)) return;
      if (!this.#sightings.admit(sender, stamp)) return;
      for (const reply of items) for (const listener of this.#listeners) listener(sender, reply);
    });
  }

  close(): void {
    this.#subscription.close();
    this.#pages.close();
  }

  /** @returns how many keys. @throws MembershipError where that cannot be, or the epoch is over. */
  async carry(partition: number, epoch: number): Promise<number> {
    this.#sightings.keep(this.#parts.configuration().acceptors);
    let highest: Ballot = ZERO_BALLOT;
    let keys = 0;
    let closedTo = -1;
    for (let after: string | undefined = ''; after !== undefined; ) {
      const startedMs = performance.now();
      const page = await this.#pages.page({ partition, after, source: this.#pages.source(partition) }, epoch);
      if (page === undefined)
        throw new MembershipError('no quorum of acceptors in this epoch answers: try again');
      const carrying = new Carrying(this.#parts.configuration(), page.told);
      highest = maxBallot(highest, carrying.highest);
      if (carrying.closedTo > closedTo) await this.#close(partition, carrying.closedTo, epoch);
      closedTo = Math.max(closedTo, carrying.closedTo);
      keys += carrying.size;
      await this.#copy(carrying, [...page.told.keys()], epoch);
      await this.#read(carrying.missing.open);
      if (carrying.missing.closed.length > 0)
        throw new MembershipError('keys of a partition that was moved away are at no quorum yet: try again');
      after = page.next;
      const tookMs = performance.now() - startedMs;
      await delay(Math.max(tookMs, carrying.size / KEYS_PER_MS_MAX - tookMs));
    }
    await this.#raise(partition, highest, epoch);
    if (this.#parts.configuration().epoch !== epoch) throw new MembershipError('the epoch is over');
    return keys;
  }

  /** Until all have answered, or some do not. */
  async #copy(carrying: Carrying, acceptors: readonly string[], epoch: number): Promise<void> {
    for (let asks = 0; asks < ASKS_MAX && !carrying.isAnswered; asks++) {
      await this.#hear(
        () => {
          for (const acceptor of acceptors) this.#send(acceptor, carrying.copiesFor(acceptor), epoch);
        },
        (acceptor, reply) => carrying.receive(acceptor, reply),
      );
    }
  }

  async #read(keys: readonly string[]): Promise<void> {
    const waiting = [...keys];
    const readers = Array.from({ length: Math.min(READS_MAX, waiting.length) }, async () => {
      for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) await this.#parts.read(key);
    });
    await Promise.all(readers);
  }

  /** G1: what a quorum of the members before has closed, one of those after has. */
  async #close(partition: number, stay: number, epoch: number): Promise<void> {
    this.#lastSerial += 1;
    const serial = this.#lastSerial;
    const fetch = { kind: 'fetch', key: nameIn(stay, partitionKey(partition)), serial } as const;
    await this.#bind(fetch, reply => reply.kind === 'report' && reply.serial === serial, epoch);
  }

  /** C5: a quorum of either set has promised what was promised before. */
  async #raise(partition: number, { counter }: Ballot, epoch: number): Promise<void> {
    if (counter === 0) return;
    const ballot = { counter: counter + 1, proposer: this.#name };
    const floor = { kind: 'floor', key: floorName(partition), ballot } as const;
    await this.#bind(floor, reply => bindsFloor(reply, floor), epoch);
  }

  /** Until a quorum of either set has answered so. */
  async #bind(command: Command, isAnswer: (reply: Reply) => boolean, epoch: number): Promise<void> {
    let bound: readonly string[] = [];
    const isBound = (): boolean => isQuorum(this.#parts.configuration(), bound);
    for (let asks = 0; asks < ASKS_MAX && !isBound(); asks++) {
      await this.#hear(
        () => this.#send(ALL, [command], epoch),
        (acceptor, reply) => {
          if (isAnswer(reply)) bound = withVoter(bound, acceptor);
          return isBound();
        },
      );
    }
    if (!isBound()) throw new MembershipError('no quorum of acceptors in this epoch promises: try again');
  }

  /** Until `hears` says that this was all, or time is over. */
  #hear(ask: () => void, hears: (acceptor: string, reply: Reply) => boolean): Promise<void> {
    return new Promise(resolve => {
      const end = (): void => {
        clearTimeout(timer);
        this.#listeners.delete(listener);
        resolve();
      };
      const timer = setTimeout(end, ANSWER_MS);
      const listener: OnReply = (acceptor, reply) => {
        if (hears(acceptor, reply)) end();
      };
      this.#listeners.add(listener);
      ask();
    });
  }

  /** In the epoch that was asked for, whichever it is by now: what was gathered there proves nothing in the next one. */
  #send(recipient: string, commands: readonly Command[], epoch: number): void {
    const { cluster, transport } = this.#parts;
    const subjects = internalSubjects(cluster);
    const subject = recipient === ALL ? subjects.acceptors : subjects.acceptor(recipient);
    for (const items of packed(commands, itemBytes))
      transport.publish(
        subject,
        encodeCommands({ cluster, epoch }, { sender: this.#name, recipient, items, news: [] }),
      );
  }
}
