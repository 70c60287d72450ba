// Homes: which proposer the requests for a key meet at. Every proposer reckons for itself whom it trusts, and
// gives each partition to one of those by rendezvous hashing (Thaler and Ravishankar, 1998): who comes or goes moves
// only the partitions that it gains or had. Only so many of them are homes, the others stand by: what meets in one
// place shares messages and commits. Two proposers may differ for a while; that costs a duel, never safety.

import { ALL_PARTITIONS, hashOf } from '../protocol/partition.ts';
import { SlowestLately } from './slowest-lately.ts';

/**
 * How long a silence lasts: twice what the slowest took lately, within these bounds. On a loaded machine all are held up now
 * and then, and to take over from a home that lives costs what there is least of: its registers meet at two places then.
 */
interface Bounds {
  readonly minMs: number;
  readonly maxMs: number;
}

/** A proposer that has not been heard of for so long is gone. */
export const PRESENCE: Bounds = { minMs: 150, maxMs: 1000 };
/** A pass without acknowledgement for so long puts its home in doubt. Clients wait meanwhile. */
export const PATIENCE: Bounds = { minMs: 40, maxMs: 400 };
const SILENCE_FACTOR = 2;
/** By then nothing is left of what was learnt of one that is gone. */
const GONE_MS_MAX = 15_000;

/**
 * How often a proposer stands in the queue of the service. One that stands by does so only while it does not see the home stand
 * there (src/node/service/home-watch.ts); a home stands there more often, so that little has to be passed on even then. One that was
 * lost keeps its places until the server misses it: who takes over its keys outnumbers them. Not by more than it takes: for a subject that is new to it, as with each new key, a nats-server lists
 * all places (about 0.05 us each), and with 500 of them it had no time left when there was most to do.
 */
export const PLACES_STANDING_BY = 1;
export const PLACES_OF_A_HOME = 8;
export const PLACES_IN_TROUBLE = 64;
const TROUBLE_MS = 300_000;

interface Peer {
  heardAtMs: number;
  isGone: boolean;
  /** Between one time that it was heard and the next. */
  readonly gaps: SlowestLately;
  /** What its acknowledgements took. */
  readonly answers: SlowestLately;
  /** Whether it turned away what was asked of it, when it was heard last. */
  isFull: boolean;
  /** Not trusted until it acknowledges a pass above this number; undefined while it is trusted. */
  doubtedAt: number | undefined;
}

export class Homes {
  readonly #own: string;
  readonly #homesMax: number;
  #troubleUntilMs = 0;
  readonly #peers = new Map<string, Peer>();
  /** Since when clients do not reach them: what they acknowledge to other proposers proves nothing then. */
  readonly #lost = new Map<string, number>();
  /** The home of each partition; undefined when it has to be reckoned anew. */
  #table: readonly string[] | undefined;

  /** @param homesMax how many share the partitions at most. */
  constructor(own: string, homesMax: number) {
    this.#own = own;
    this.#homesMax = homesMax;
  }

  /** How often to stand in the queue of the service. */
  places(nowMs: number): number {
    if (!homesOf([this.#own, ...this.#trusted()], this.#homesMax).includes(this.#own))
      return PLACES_STANDING_BY;
    return nowMs < this.#troubleUntilMs ? PLACES_IN_TROUBLE : PLACES_OF_A_HOME;
  }

  /** The home that the others come after, in their order. */
  get first(): string {
    return homesOf([this.#own, ...this.#trusted()], 1)[0] ?? this.#own;
  }

  homeOf(partition: number): string {
    this.#table ??= homesAmong([this.#own, ...this.#trusted()], this.#homesMax);
    return this.#table[partition] ?? this.#own;
  }

  /** Whether the home of the partition is another one that says that it is full. */
  isFull(partition: number): boolean {
    return this.#peers.get(this.homeOf(partition))?.isFull ?? false;
  }

  /** The partitions whose home this proposer is. */
  get own(): number {
    return ALL_PARTITIONS.filter(partition => this.homeOf(partition) === this.#own).length;
  }

  isTrusted(peer: string): boolean {
    const known = this.#peers.get(peer);
    return known !== undefined && !known.isGone && !this.#lost.has(peer) && known.doubtedAt === undefined;
  }

  /** Those that clients were seen to reach, and do not any more. */
  get lost(): readonly string[] {
    return [...this.#lost.keys()];
  }

  /** Clients do not reach it any more. That holds on when it leaves and comes back: its other connection is none of theirs. */
  lose(peer: string, nowMs: number): void {
    this.#lost.set(peer, nowMs);
    this.#table = undefined;
  }

  /** Clients reach it again. */
  find(peer: string): void {
    this.#lost.delete(peer);
    this.#table = undefined;
    this.#calm();
  }

  /**
   * A peer says that it lives. A new one is trusted once it answers: what a paused process reads first when it
   * goes on is old, so hearing alone proves nothing. `lastPass` is the highest pass number given so far.
   */
  heard(peer: string, lastPass: number, nowMs: number, isFull = false): void {
    const known = this.#peers.get(peer);
    if (known === undefined) {
      const learnt = { gaps: new SlowestLately(), answers: new SlowestLately() };
      this.#peers.set(peer, { heardAtMs: nowMs, isGone: false, ...learnt, isFull, doubtedAt: lastPass });
      return;
    }
    note(PRESENCE, known.gaps, nowMs - known.heardAtMs, nowMs);
    known.heardAtMs = nowMs;
    known.isFull = isFull;
    if (!known.isGone) return;
    known.isGone = false;
    known.doubtedAt = lastPass;
  }

  /** A pass or probe was not acknowledged: only the acknowledgement of a later one mends that. */
  doubt(peer: string, lastPass: number, nowMs: number): void {
    const known = this.#peers.get(peer);
    if (known === undefined) return;
    this.#troubleUntilMs = nowMs + TROUBLE_MS;
    known.doubtedAt = lastPass;
    note(PATIENCE, known.answers, this.patienceMs(peer, nowMs), nowMs);
    this.#table = undefined;
  }

  /** A peer has acknowledged a pass or a probe. */
  answered(peer: string, number: number): void {
    const known = this.#peers.get(peer);
    if (known?.doubtedAt === undefined || number <= known.doubtedAt) return;
    known.doubtedAt = undefined;
    this.#table = undefined;
    this.#calm();
  }

  #calm(): void {
    if ([...this.#peers].every(([other, { isGone }]) => isGone || this.isTrusted(other)))
      this.#troubleUntilMs = 0;
  }

  /** How long an acknowledgement of the peer is waited for. */
  patienceMs(peer: string, nowMs: number): number {
    return silenceMs(PATIENCE, this.#peers.get(peer)?.answers, nowMs);
  }

  /** An acknowledgement of the peer took so long. */
  learn(peer: string, tookMs: number, nowMs: number): void {
    const known = this.#peers.get(peer);
    if (known !== undefined) note(PATIENCE, known.answers, tookMs, nowMs);
  }

  forget(peer: string): void {
    if (this.#peers.delete(peer)) this.#table = undefined;
  }

  expire(nowMs: number): void {
    for (const [peer, lostMs] of this.#lost) if (nowMs - lostMs > TROUBLE_MS) this.find(peer);
    for (const [peer, known] of this.#peers) {
      const silentMs = nowMs - known.heardAtMs;
      if (silentMs > GONE_MS_MAX) this.forget(peer);
      if (known.isGone || silentMs <= silenceMs(PRESENCE, known.gaps, nowMs)) continue;
      known.isGone = true;
      this.#table = undefined;
      this.#troubleUntilMs = nowMs + TROUBLE_MS;
    }
  }

  #trusted(): readonly string[] {
    return [...this.#peers.keys()].filter(peer => this.isTrusted(peer));
  }
}

function silenceMs({ minMs, maxMs }: Bounds, lately: SlowestLately | undefined, nowMs: number): number {
  return Math.min(maxMs, Math.max(minMs, SILENCE_FACTOR * (lately?.at(nowMs) ?? 0)));
}

/** What is longer than is ever waited for, as a stop of this process is, is not remembered for longer either. */
function note({ maxMs }: Bounds, lately: SlowestLately, tookMs: number, nowMs: number): void {
  lately.note(Math.min(tookMs, maxMs / SILENCE_FACTOR), nowMs);
}

/** For each partition the home of highest weight; names are unique, so there are no ties that matter. */
export function homesAmong(proposers: readonly string[], homesMax: number): readonly string[] {
  const homes = homesOf(proposers, homesMax);
  return ALL_PARTITIONS.map(partition => byWeight(homes, partition)[0] ?? '');
}

/** Those that share the partitions. */
function homesOf(proposers: readonly string[], homesMax: number): readonly string[] {
  return proposers.length <= homesMax ? proposers : byWeight(proposers, -1).slice(0, homesMax);
}

function byWeight(names: readonly string[], salt: number): readonly string[] {
  const weighed = names.map(name => ({ name, weight: hashOf(`${salt} ${name}`) }));
  return weighed.sort((a, b) => b.weight - a.weight || (a.name < b.name ? 1 : -1)).map(({ name }) => name);
}
