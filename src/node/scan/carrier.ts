// Brings the keys of a partition over to the members after a change: has them told, sends each acceptor copies of what it
// lacks, and raises the promise of all (C3, C5). What has to be copied is protocol/carrying.ts. It leaves half of the time
// to clients.

import { setTimeout as delay } from 'node:timers/promises';
import { type Ballot, maxBallot, ZERO_BALLOT } from '../../protocol/ballot.ts';
import { bindsFloor, Carrying, floorAbove } from '../../protocol/carrying.ts';
import { MembershipError } from '../../protocol/membership.ts';
import type { Members } from '../../protocol/memory.ts';
import type { Command, Reply } from '../../protocol/messages.ts';
import { isQuorum, withVoter } from '../../protocol/quorum.ts';
import { nameIn, partitionKey } from '../../protocol/stays.ts';
import { ALL } from '../../transport/envelope-codec.ts';
import { mergedRemains } from '../../transport/state-codec.ts';
import { Commander } from './commander.ts';
import { type KeyPageParts, KeyPages } from './key-pages.ts';

interface CarrierParts extends KeyPageParts {
  /** The store of each member; undefined before any change. */
  readonly members: () => Members | undefined;
  /** Reads a key under the joint quorums. */
  readonly read: (key: string) => Promise<unknown>;
}

/** After each page it rests for as long as the page took, and so that it is not faster than this. */
const KEYS_PER_MS_MAX = 2.5;
const ASKS_MAX = 10;
/** Reads that are under way at once. */
const READS_MAX = 256;

export class Carrier {
  readonly #parts: CarrierParts;
  readonly #commander: Commander;
  readonly #pages: KeyPages;
  #lastSerial = 0;

  constructor(parts: CarrierParts) {
    this.#parts = parts;
    this.#commander = new Commander({ ...parts, name: `${parts.incarnation}-carrier` });
    this.#pages = new KeyPages(parts);
  }

  close(): void {
    this.#commander.close();
    this.#pages.close();
  }

  /** @returns how many keys. @throws MembershipError where that cannot be, or the epoch is over. */
  async carry(partition: number, epoch: number): Promise<number> {
    this.#commander.begin();
    let highest: Ballot = ZERO_BALLOT;
    let remains: Uint8Array = new Uint8Array(0);
    let keys = 0;
    let closedTo = -1;
    let source = this.#pages.source(partition);
    const sources = new Set<string>();
    for (let after: string | undefined = ''; after !== undefined; ) {
      const startedMs = performance.now();
      const question = { partition, after, source, isOver: false };
      const page = await this.#pages.page(question, epoch);
      if (page === undefined)
        throw new MembershipError('no quorum of acceptors in this epoch answers: try again');
      const carrying = new Carrying(this.#parts.configuration(), page.told);
      highest = maxBallot(highest, carrying.highest);
      if (carrying.closedTo > closedTo) await this.#close(partition, carrying.closedTo, epoch);
      closedTo = Math.max(closedTo, carrying.closedTo);
      remains = carrying.remains.reduce(mergedRemains, remains);
      keys += carrying.size;
      await this.#copy(carrying, [...page.told.keys()], epoch);
      if (carrying.missingForGood.length > 0) {
        // G5: who told the values may lack what others have, and nobody can read it. The same page, of one who has it.
        sources.add(source);
        const holder = carrying.holdersForGood.find(each => !sources.has(each));
        if (holder === undefined)
          throw new MembershipError(
            'keys of a partition that was moved away are at no quorum yet: try again',
          );
        source = holder;
        continue;
      }
      await this.#read(carrying.missing);
      sources.clear();
      after = page.next;
      const tookMs = performance.now() - startedMs;
      await delay(Math.max(tookMs, carrying.size / KEYS_PER_MS_MAX - tookMs));
    }
    if (highest.counter > 0)
      await this.#raise(floorAbove(highest, { partition, remains, proposer: this.#commander.name }), epoch);
    if (this.#parts.configuration().epoch !== epoch) throw new MembershipError('the epoch is over');
    return keys;
  }

  /** Until all have answered, or some do not. */
  async #copy(carrying: Carrying, acceptors: readonly string[], epoch: number): Promise<void> {
    for (let asks = 0; asks < ASKS_MAX && !carrying.isAnswered; asks++) {
      await this.#commander.hear(
        () => {
          for (const acceptor of acceptors)
            this.#commander.send(acceptor, carrying.copiesFor(acceptor), epoch);
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
  async #raise(floor: Extract<Command, { kind: 'floor' }>, epoch: number): Promise<void> {
    await this.#bind(floor, reply => bindsFloor(reply, floor), epoch);
  }

  /** Until a quorum of either set has answered so. */
  async #bind(command: Command, isAnswer: (reply: Reply) => boolean, epoch: number): Promise<void> {
    let bound: readonly string[] = [];
    const isBound = (): boolean => isQuorum(this.#parts.configuration(), bound);
    for (let asks = 0; asks < ASKS_MAX && !isBound(); asks++) {
      await this.#commander.hear(
        () => this.#commander.send(ALL, [command], epoch),
        (acceptor, reply) => {
          if (isAnswer(reply)) bound = withVoter(bound, acceptor);
          return isBound();
        },
      );
    }
    if (!isBound()) throw new MembershipError('no quorum of acceptors in this epoch promises: try again');
  }
}
