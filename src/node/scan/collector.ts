// Collects registers that were deleted, or whose time is over: asks the acceptors page by page which they have, makes sure
// that all of them have the same (D1), and has them dropped. Which may go is protocol/collecting.ts. The home of a
// partition does it again and again, slowly; an operator has any proposer do it at once. While an acceptor is silent, or
// members change, nothing is collected.

import type { Clock } from '../../actors/clock.ts';
import { type Ballot, maxBallot, ZERO_BALLOT } from '../../protocol/ballot.ts';
import type { Told } from '../../protocol/carrying.ts';
import { Collecting } from '../../protocol/collecting.ts';
import type { Members } from '../../protocol/memory.ts';
import type { Command } from '../../protocol/messages.ts';
import type { Request } from '../../protocol/operation.ts';
import { partitionOf } from '../../protocol/partition.ts';
import { isPastStay, prefixOfStay, stayOf } from '../../protocol/stays.ts';
import { ALL } from '../../transport/envelope-codec.ts';
import { decodeState, encodeState } from '../../transport/state-codec.ts';
import type { OwnRequests } from '../engine/own-requests.ts';
import type { CollectorCounts } from './collector-counts.ts';
import { Commander } from './commander.ts';
import { type Rest, walkHomes } from './home-walk.ts';
import { type KeyPageParts, KeyPages, NOBODY } from './key-pages.ts';

interface CollectorParts extends KeyPageParts {
  /** The store of each member; undefined before any change. */
  readonly members: () => Members | undefined;
  readonly clock: Clock;
  /** By the names that registers have in this group. */
  readonly own: Pick<OwnRequests, 'ask'>;
  /** The stay of a partition that may be collected here (G6), as far as is known; undefined for none. */
  readonly stayOf: (partition: number) => number | undefined;
  /** Whether to collect of this partition without being asked to. */
  readonly isHome: (partition: number) => boolean;
  /** This ballot is about to be promised for the whole partition (D4). */
  readonly onOutbid: (partition: number, ballot: Ballot) => void;
  /** Added to. */
  readonly counts: CollectorCounts;
}

/** What stands in the way of collecting, in words. */
export class NotCollected extends Error {}

const ASKS_MAX = 3;
const STEP_MS = 5000;

export class Collector {
  readonly #parts: CollectorParts;
  readonly #commander: Commander;
  readonly #pages: KeyPages;
  readonly #stopped = new AbortController();
  #lastSerial = 0;

  constructor(parts: CollectorParts) {
    const name = `${parts.incarnation}-collector`;
    this.#parts = parts;
    this.#commander = new Commander({ ...parts, name });
    this.#pages = new KeyPages({ ...parts, incarnation: name });
  }

  /** Goes through the partitions whose home this is, until it is closed. */
  start(): void {
    const { isHome, log } = this.#parts;
    walkHomes({
      isHome,
      look: (partition, rest) => this.collect(partition, rest).catch(error => this.#putOff(error)),
      onFailure: error => log('collector_failed', { why: String(error) }),
      signal: this.#stopped.signal,
    });
  }

  close(): void {
    this.#stopped.abort();
    this.#commander.close();
    this.#pages.close();
  }

  /**
   * @returns how many registers of the partition were collected.
   * @throws NotCollected
   */
  async collect(partition: number, rest?: Rest): Promise<number> {
    const { epoch, joint } = this.#parts.configuration();
    if (joint !== undefined) throw new NotCollected('nothing is collected while members change');
    const stay = this.#parts.stayOf(partition);
    if (stay === undefined) return 0;
    this.#commander.begin();
    let collected = 0;
    let obstacle: NotCollected | undefined;
    for (let after: string | undefined = prefixOfStay(stay); after !== undefined; ) {
      const sinceMs = performance.now();
      const page = await this.#pages.page(
        { partition, after, source: NOBODY, isOver: true },
        epoch,
        ASKS_MAX,
      );
      if (page === undefined) throw new NotCollected('no quorum of acceptors answers');
      // It is on its way from here: whoever has closed it drops nothing any more (G1).
      if ([...page.told.values()].some(({ closedTo }) => (closedTo ?? -1) >= stay)) break;
      // It goes on all the same: the acceptors count what waits as it passes.
      collected += await this.#collect(page.told, stay, epoch).catch(error => {
        if (!(error instanceof NotCollected)) throw error;
        obstacle = error;
        return 0;
      });
      after = page.next !== undefined && isPastStay(stay, page.next) ? undefined : page.next;
      await rest?.(sinceMs);
    }
    if (obstacle !== undefined) throw obstacle;
    this.#parts.counts.partitions += 1;
    return collected;
  }

  #putOff(error: unknown): void {
    if (!(error instanceof NotCollected)) throw error;
    this.#parts.counts.putOff += 1;
  }

  /** The registers of the stay in one page. */
  async #collect(told: ReadonlyMap<string, Told>, stay: number, epoch: number): Promise<number> {
    const { acceptors } = this.#parts.configuration();
    const names = [...told.values()].flatMap(({ holdings }) => holdings.map(({ key }) => key));
    const keys = [...new Set(names)].filter(name => stayOf(name) === stay);
    if (keys.length === 0) return 0;
    const silent = acceptors.filter(acceptor => !told.has(acceptor));
    if (silent.length > 0)
      throw new NotCollected(
        `nothing is collected without all acceptors, and ${silent.join(', ')} does not answer`,
      );
    const first = await this.#read(keys, epoch);
    for (const key of first.overdue)
      await this.#ask(key, { operation: { type: 'variable.read' }, id: undefined });
    this.#parts.counts.expired += first.overdue.length;
    const copies = new Map(acceptors.map(acceptor => [acceptor, first.copiesFor(acceptor)]));
    const owed = await this.#copy(copies, epoch);
    const last = owed === undefined ? first : await this.#read(keys, epoch);
    const { counter } = highestOf(told);
    const ballot = { counter: counter + 1, proposer: this.#commander.name };
    // Before it is sent: what is asked of our own proposer from here on need not fail first.
    for (const partition of new Set(last.due.map(({ key }) => partitionOf(key))))
      this.#parts.onOutbid(partition, ballot);
    const collected = await this.#drop(last, ballot, epoch);
    // What some have dropped and others not comes to all by a round, and is looked at again when it is due again.
    for (const key of last.split.filter(split => owed?.has(split) !== true))
      await this.#ask(key, { operation: { type: 'state.rewrite' }, id: undefined });
    this.#parts.counts.collected += collected;
    return collected;
  }

  /**
   * Waits for the answers, as an acceptor reads before it has written what came first.
   * @returns the keys of which not all that lacked something have answered; undefined where nobody did
   */
  async #copy(
    copies: ReadonlyMap<string, readonly Command[]>,
    epoch: number,
  ): Promise<ReadonlySet<string> | undefined> {
    const owed = new Map(
      [...copies].flatMap(([acceptor, commands]) => {
        return commands.map(({ key }) => [`${acceptor} ${key}`, key] as const);
      }),
    );
    if (owed.size === 0) return undefined;
    for (let asks = 0; asks < ASKS_MAX && owed.size > 0; asks++) {
      await this.#commander.hear(
        () => {
          for (const [acceptor, commands] of copies) this.#commander.send(acceptor, commands, epoch);
        },
        (acceptor, { kind, key }) => {
          if (kind === 'copied') owed.delete(`${acceptor} ${key}`);
          return owed.size === 0;
        },
      );
    }
    return new Set(owed.values());
  }

  async #read(keys: readonly string[], epoch: number): Promise<Collecting> {
    const { clock, configuration } = this.#parts;
    this.#lastSerial += 1;
    const collecting = new Collecting({
      configuration: configuration(),
      keys,
      serial: this.#lastSerial,
      codec: { encode: encodeState, decode: decodeState },
      nowMs: clock.nowMs(),
    });
    for (let asks = 0; asks < ASKS_MAX && !collecting.isAnswered; asks++) {
      await this.#commander.hear(
        () => this.#commander.send(ALL, collecting.reads, epoch),
        (acceptor, reply) => collecting.receive(acceptor, reply),
      );
    }
    return collecting;
  }

  /** @returns of how many keys all acceptors say that they are gone. */
  async #drop(collecting: Collecting, ballot: Ballot, epoch: number): Promise<number> {
    const commands: readonly Command[] = collecting.collects(ballot);
    if (commands.length === 0) return 0;
    const { acceptors } = this.#parts.configuration();
    const gone = new Map<string, Set<string>>(commands.map(({ key }) => [key, new Set()]));
    let answers = 0;
    const answered = new Set<string>();
    await this.#commander.hear(
      () => this.#commander.send(ALL, commands, epoch),
      (acceptor, reply) => {
        const from = gone.get(reply.key);
        if (reply.kind !== 'collected' || reply.counter !== ballot.counter || from === undefined)
          return false;
        const name = `${acceptor} ${reply.key}`;
        if (!answered.has(name)) answers += 1;
        answered.add(name);
        if (reply.isGone) from.add(acceptor);
        return answers === commands.length * acceptors.length;
      },
    );
    return [...gone.values()].filter(from => from.size === acceptors.length).length;
  }

  /** What came of it is seen when the key is looked at again. */
  async #ask(key: string, request: Request): Promise<void> {
    await this.#parts.own.ask(key, request, STEP_MS);
  }
}

/** Above all that any acceptor told to have promised, so that none of them refuses. */
function highestOf(told: ReadonlyMap<string, Told>): Ballot {
  let highest: Ballot = ZERO_BALLOT;
  for (const { floor, holdings } of told.values()) {
    highest = maxBallot(highest, floor);
    for (const { promised, accepted } of holdings)
      highest = maxBallot(highest, maxBallot(promised, accepted));
  }
  return highest;
}
