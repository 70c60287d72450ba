// The floors of one proposer: asks for them partition by partition, keeps those it holds, and remembers for which
// keys their ballots were used (F1, P1). What a floor is worth is protocol/floor.ts.

import { type Ballot, compareBallots, maxBallot, ZERO_BALLOT } from '../protocol/ballot.ts';
import { addTo, emptyFilter, type Filter, mayContain } from '../protocol/filter.ts';
import { type Floor, type Floored, type Floors, floorFrom, keyFloor, withHolder } from '../protocol/floor.ts';
import type { Reply } from '../protocol/messages.ts';
import { floorName, partitionOf, partitionOfFloor } from '../protocol/partition.ts';
import { isMember } from '../protocol/quorum.ts';
import { UNSET } from '../protocol/state.ts';
import type { Context } from '../protocol/work.ts';

/** One partition at this proposer. */
export type Place =
  /** Not to be asked for before that: it was lost, or a quorum did not answer. */
  | { readonly phase: 'without'; readonly askAtMs: number; readonly skips: number }
  | Asking
  | {
      readonly phase: 'held';
      readonly floor: Floor;
      /** The keys for which its ballot, or a higher one of ours, was used. */
      readonly used: Filter;
      readonly uses: number;
    };

interface Asking {
  readonly phase: 'asking';
  readonly ballot: Ballot;
  readonly answers: readonly Floored[];
  readonly sinceMs: number;
  readonly conflicts: number;
}

/** Requests wait so long for a floor; then they go without. */
const WAIT_MS = 50;
/** A floor that was lost or not answered is not asked for again before that. */
const PAUSE_MS = 1000;
/**
 * Nor for so many keys that want one, twice as many each time that it was of little use: proposers of the same keys without a
 * home would take the floors of each other for ever, and find out by an accept in vain.
 */
const SKIPS_MAX = 256;
/** A floor that was used for so many keys was worth asking for. */
const USES_WORTH = 32;
/** A proposer that comes to a partition of another outbids its floor at the second try. */
const CONFLICTS_MAX = 2;

const WITHOUT: Place = { phase: 'without', askAtMs: 0, skips: 0 };

export class FloorTable implements Floors {
  readonly #places: Map<number, Place>;
  readonly #usesMax: number;
  /** What was promised for whole partitions when registers were collected there. */
  readonly #outbid = new Map<number, Ballot>();
  /** How many keys each partition went without one for after its last loss; 0 after one that was worth it. */
  readonly #skips = new Map<number, number>();

  /** @param usesMax keys that a floor is used for before a new one is asked for; 0 asks for none. */
  constructor(usesMax: number, places: Iterable<readonly [number, Place]> = []) {
    this.#usesMax = usesMax;
    this.#places = new Map(places);
  }

  place(partition: number): Place {
    return this.#places.get(partition) ?? WITHOUT;
  }

  /** Partitions that it holds the floor of. */
  get held(): number {
    return [...this.#places.values()].filter(({ phase }) => phase === 'held').length;
  }

  of(key: string): ReturnType<Floors['of']> {
    const place = this.place(partitionOf(key));
    if (place.phase !== 'held' || mayContain(place.used, key)) return undefined;
    return keyFloor(place.floor, key);
  }

  outbids(key: string, promised: Ballot): boolean {
    const partition = partitionOf(key);
    const place = this.place(partition);
    if (compareBallots(promised, this.#outbid.get(partition) ?? ZERO_BALLOT) < 0) return true;
    return place.phase === 'held' && compareBallots(promised, place.floor.ballot) < 0;
  }

  use(key: string): void {
    const partition = partitionOf(key);
    const place = this.place(partition);
    if (place.phase !== 'held' || mayContain(place.used, key)) return;
    addTo(place.used, key);
    this.#places.set(partition, { ...place, uses: place.uses + 1 });
  }

  /** D4: that ballot is promised for the whole partition, and nobody wants to keep it. ZERO_BALLOT gives up our floor alone. */
  outbid(partition: number, ballot: Ballot): void {
    this.#outbid.set(partition, maxBallot(this.#outbid.get(partition) ?? ZERO_BALLOT, ballot));
    this.#places.set(partition, WITHOUT);
  }

  lose(key: string, ballot: Ballot, nowMs: number): void {
    const partition = partitionOf(key);
    const place = this.place(partition);
    if (place.phase !== 'held' || compareBallots(place.floor.ballot, ballot) !== 0) return;
    this.#pause(partition, nowMs, place.uses >= USES_WORTH);
  }

  /** Whether to wait for the floor of the key's partition, which is asked for when there is reason to. */
  awaits(key: string, context: Context): boolean {
    if (this.#usesMax === 0) return false;
    const { nowMs } = context;
    const partition = partitionOf(key);
    const place = this.place(partition);
    const isDue = place.phase === 'held' ? place.uses >= this.#usesMax : isOver(place, nowMs);
    if (isDue && place.phase === 'without' && place.skips > 0) {
      this.#places.set(partition, { ...place, skips: place.skips - 1 });
      return false;
    }
    if (isDue) this.#ask(partition, 0, context);
    return isDue || (place.phase === 'asking' && nowMs < place.sinceMs + WAIT_MS);
  }

  receive(acceptor: string, reply: Reply, context: Context): void {
    const partition = partitionOfFloor(reply.key);
    if (partition === undefined || !isMember(context.configuration, acceptor)) return;
    const place = this.place(partition);
    if (reply.kind === 'floored') {
      this.#places.set(partition, this.#withAnswer(place, acceptor, reply, context));
    } else if (
      reply.kind === 'conflict' &&
      place.phase === 'asking' &&
      reply.counter === place.ballot.counter
    ) {
      this.#onConflict(partition, place, reply.seen, context);
    }
  }

  #ask(partition: number, conflicts: number, { ballots, effects, nowMs }: Context): void {
    const ballot = ballots.next();
    effects.broadcast.push({ kind: 'floor', key: floorName(partition), ballot });
    this.#places.set(partition, { phase: 'asking', ballot, answers: [], sinceMs: nowMs, conflicts });
  }

  #onConflict(partition: number, { conflicts }: Asking, seen: Ballot, context: Context): void {
    context.ballots.observe(seen);
    if (conflicts + 1 < CONFLICTS_MAX) this.#ask(partition, conflicts + 1, context);
    else this.#pause(partition, context.nowMs);
  }

  #pause(partition: number, nowMs: number, wasWorthIt = false): void {
    const skips = wasWorthIt ? 0 : Math.min(SKIPS_MAX, Math.max(2, 2 * (this.#skips.get(partition) ?? 0)));
    this.#skips.set(partition, skips);
    this.#places.set(partition, { phase: 'without', askAtMs: nowMs + PAUSE_MS, skips });
  }

  #withAnswer(
    place: Place,
    acceptor: string,
    { counter, filter, remains }: Extract<Reply, { kind: 'floored' }>,
    { configuration, codec }: Context,
  ): Place {
    switch (place.phase) {
      case 'without':
        return place;
      case 'held': {
        const { floor } = place;
        return counter === floor.ballot.counter ? { ...place, floor: withHolder(floor, acceptor) } : place;
      }
      case 'asking': {
        const { ballot, answers } = place;
        if (counter !== ballot.counter || answers.some(answer => answer.acceptor === acceptor)) return place;
        const left = remains === undefined ? UNSET : codec.decode(remains);
        const heard = [...answers, { acceptor, filter, remains: left }];
        const floor = floorFrom(configuration, ballot, heard);
        if (floor === undefined) return { ...place, answers: heard };
        return { phase: 'held', floor, used: emptyFilter(this.#usesMax), uses: 0 };
      }
    }
  }
}

function isOver(place: Extract<Place, { phase: 'without' | 'asking' }>, nowMs: number): boolean {
  return nowMs >= (place.phase === 'without' ? place.askAtMs : place.sinceMs + PAUSE_MS);
}
