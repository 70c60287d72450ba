// Which keys a partition has, page by page, wherever it is: at one group, or while it moves at two. A page is told by a quorum
// of each, and a stay that is closed, and not on its way by our map, makes it look for a newer map (G1).

import { type Place, type Stay, sameStay } from '../../protocol/group-map.ts';
import { isPastStay, keyIn, nameIn, stayOf } from '../../protocol/stays.ts';
import type { Transport } from '../../transport/transport.ts';
import type { Groups } from '../engine/groups.ts';
import type { Engine } from '../engine/proposer-engine.ts';
import type { Log } from '../process/log.ts';
import { KeyPages, NOBODY } from './key-pages.ts';

/** Where partitions are, and who asks the groups there. */
export interface Whereabouts extends Pick<Groups, 'placeOf' | 'look'> {
  engine(group: string): Pick<Engine, 'incarnation' | 'configuration'>;
}

interface PartitionPageParts {
  readonly groups: Whereabouts;
  readonly transport: Transport;
  /** Tells those of this proposer from those that others of its parts ask for. */
  readonly suffix: string;
  /** To be throttled. */
  readonly log: Log;
}

interface PartitionPage {
  /** In ascending order: all that any quorum may have something for, up to where the next page begins. */
  readonly keys: readonly string[];
  /** After which key the next page begins, if there is one. */
  readonly next: string | undefined;
}

interface StayPage extends PartitionPage {
  readonly isClosed: boolean;
}

export class PartitionPages {
  readonly #parts: PartitionPageParts;
  readonly #pages = new Map<string, KeyPages>();

  constructor(parts: PartitionPageParts) {
    this.#parts = parts;
  }

  close(): void {
    for (const pages of this.#pages.values()) pages.close();
  }

  /** @returns undefined when no quorum answers, or the map is old: to be asked again. */
  async page(partition: number, after: string, asksMax?: number): Promise<PartitionPage | undefined> {
    const { groups } = this.#parts;
    const place = groups.placeOf(partition);
    const stays = place.from === undefined ? [place] : [place, place.from];
    const pages = await Promise.all(stays.map(stay => this.#pageOf(stay, partition, after, asksMax)));
    const told: StayPage[] = [];
    for (const page of pages) {
      if (page === undefined) return undefined;
      told.push(page);
    }
    if (told.some(({ isClosed }, i) => isClosed && !sameStay(stays[i], place.from))) {
      groups.look();
      return undefined;
    }
    if (!isSamePlace(place, groups.placeOf(partition))) return undefined;
    const [next] = told.flatMap(page => page.next ?? []).sort();
    const keys = new Set(told.flatMap(page => page.keys));
    return { keys: [...keys].filter(key => next === undefined || key <= next).sort(), next };
  }

  /** The keys of a stay, and whether any of those who told has closed it: of a quorum that has, one is among them. */
  async #pageOf(
    { group, number }: Stay,
    partition: number,
    after: string,
    asksMax: number | undefined,
  ): Promise<StayPage | undefined> {
    const { configuration } = this.#parts.groups.engine(group);
    let from = nameIn(number, after);
    for (;;) {
      const page = await this.#pagesOf(group).page(
        { partition, after: from, source: NOBODY, isOver: false },
        configuration().epoch,
        asksMax,
      );
      if (page === undefined) return undefined;
      const told = [...page.told.values()];
      const names = new Set(told.flatMap(({ holdings }) => holdings.map(({ key }) => key)));
      const keys = [...names].filter(name => stayOf(name) === number).map(keyIn);
      const isClosed = told.some(({ closedTo }) => (closedTo ?? -1) >= number);
      const isPast = page.next === undefined || isPastStay(number, page.next);
      if (isPast) return { keys, next: undefined, isClosed };
      // Names of other stays come before keys.
      if (keys.length > 0 || stayOf(page.next) === number) return { keys, next: keyIn(page.next), isClosed };
      from = page.next;
    }
  }

  #pagesOf(group: string): KeyPages {
    const known = this.#pages.get(group);
    if (known !== undefined) return known;
    const { groups, transport, suffix, log } = this.#parts;
    const { incarnation, configuration } = groups.engine(group);
    const pages = new KeyPages({ incarnation: `${incarnation}-${suffix}`, transport, configuration, log });
    this.#pages.set(group, pages);
    return pages;
  }
}

function isSamePlace(a: Place, b: Place): boolean {
  return sameStay(a, b) && sameStay(a.from, b.from);
}
