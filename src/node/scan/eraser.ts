// Erases what a group of acceptors has of stays that are over (G7), by and by: the home of a partition looks at it page by page,
// and has what is found forgotten by all acceptors. Where all of them have, it does not look again until the partition moves
// once more, or the members change. Which may be forgotten is protocol/erasing.ts.

import { Erasing } from '../../protocol/erasing.ts';
import type { Place } from '../../protocol/group-map.ts';
import type { Members } from '../../protocol/memory.ts';
import { ALL_PARTITIONS } from '../../protocol/partition.ts';
import { endOfStay, prefixOfStay } from '../../protocol/stays.ts';
import { ALL } from '../../transport/envelope-codec.ts';
import { Commander } from './commander.ts';
import { type Rest, walkHomes } from './home-walk.ts';
import { type KeyPageParts, KeyPages, NOBODY } from './key-pages.ts';

interface EraserParts extends KeyPageParts {
  /** The store of each member; undefined before any change. */
  readonly members: () => Members | undefined;
  readonly placeOf: (partition: number) => Place;
  /** All stays of the partition below are over. */
  readonly endedStays: (partition: number) => number;
  /** Whether to look after this partition. */
  readonly isHome: (partition: number) => boolean;
}

const ASKS_MAX = 3;

export class Eraser {
  readonly #parts: EraserParts;
  readonly #commander: Commander;
  readonly #pages: KeyPages;
  readonly #stopped = new AbortController();
  /** Of each partition up to where it is known to be clean, and in which epoch. */
  readonly #clean = new Map<number, { readonly ended: number; readonly epoch: number }>();
  #lastSerial = 0;
  #erased = 0;

  constructor(parts: EraserParts) {
    const name = `${parts.incarnation}-eraser`;
    this.#parts = parts;
    this.#commander = new Commander({ ...parts, name });
    this.#pages = new KeyPages({ ...parts, incarnation: name });
  }

  /** Registers that were erased since the start, by all acceptors. */
  get erased(): number {
    return this.#erased;
  }

  /** Partitions whose home this is, and in which there may be something of stays that are over. */
  get left(): number {
    const { isHome } = this.#parts;
    return ALL_PARTITIONS.filter(partition => isHome(partition) && !this.#isClean(partition)).length;
  }

  /** Goes through the partitions whose home this is, until it is closed. */
  start(): void {
    const { isHome, log } = this.#parts;
    walkHomes({
      isHome,
      look: (partition, rest) => this.#erase(partition, rest),
      onFailure: error => log('eraser_failed', { why: String(error) }),
      signal: this.#stopped.signal,
    });
  }

  close(): void {
    this.#stopped.abort();
    this.#commander.close();
    this.#pages.close();
  }

  /** Nothing is erased while members change, or without a quorum. */
  async #erase(partition: number, rest: Rest): Promise<void> {
    const { epoch, joint } = this.#parts.configuration();
    const ended = this.#parts.endedStays(partition);
    if (joint !== undefined || this.#isClean(partition)) return;
    this.#commander.begin();
    let isClean = true;
    for (let after: string | undefined = ''; after !== undefined; ) {
      const sinceMs = performance.now();
      const page = await this.#pages.page(
        { partition, after, source: NOBODY, isOver: false },
        epoch,
        ASKS_MAX,
      );
      if (page === undefined) return;
      this.#lastSerial += 1;
      const configuration = this.#parts.configuration();
      // C2: what was told in one epoch proves nothing in the next.
      if (configuration.epoch !== epoch) return;
      const erasing = new Erasing({ configuration, told: page.told, ended, serial: this.#lastSerial });
      await this.#send(erasing, epoch);
      this.#erased += erasing.forgotten;
      isClean &&= erasing.isClean;
      after = this.#skipped(partition, page.next);
      await rest(sinceMs);
    }
    if (isClean) this.#clean.set(partition, { ended, epoch });
  }

  async #send(erasing: Erasing, epoch: number): Promise<void> {
    const { commands } = erasing;
    if (commands.length === 0) return;
    await this.#commander.hear(
      () => this.#commander.send(ALL, commands, epoch),
      (acceptor, reply) => erasing.receive(acceptor, reply),
    );
  }

  /** Behind the names of the stay that the partition is in, which are in use. */
  #skipped(partition: number, next: string | undefined): string | undefined {
    const { number } = this.#parts.placeOf(partition);
    return number > 0 && next?.startsWith(prefixOfStay(number)) ? endOfStay(number) : next;
  }

  #isClean(partition: number): boolean {
    const ended = this.#parts.endedStays(partition);
    const known = this.#clean.get(partition);
    if (ended === 0) return true;
    return known?.ended === ended && known.epoch === this.#parts.configuration().epoch;
  }
}
