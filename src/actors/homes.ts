// Homes: which proposer the requests for a key meet at. Every proposer reckons for itself whom it trusts, and
// gives each partition to one of those by rendezvous hashing (Thaler and Ravishankar, 1998): who comes or goes moves
// only the partitions that it gains or had. Two proposers may differ for a while; that costs a duel, never safety.

import { hashOf, PARTITIONS } from '../protocol/partition.ts';

/** A proposer that has not been heard of for so long is gone. */
export const PRESENCE_MS_MAX = 350;
/** A pass without acknowledgement for so long puts its home in doubt; longer for one that was slow before. */
export const PATIENCE_MS_MIN = 40;
export const PATIENCE_MS_MAX = 400;

const PATIENCE_FACTOR = 4;
const LEARNING_RATE = 1 / 8;

interface Peer {
  heardAtMs: number;
  /** Some times what acknowledgements took lately: on a loaded machine all of them take longer (like RFC 6298). */
  patienceMs: number;
  /** Not trusted until it acknowledges a pass above this number; undefined while it is trusted. */
  doubtedAt: number | undefined;
}

export class Homes {
  readonly #own: string;
  readonly #peers = new Map<string, Peer>();
  /** The home of each partition; undefined when it has to be reckoned anew. */
  #table: readonly string[] | undefined;

  constructor(own: string) {
    this.#own = own;
  }

  homeOf(partition: number): string {
    this.#table ??= homesAmong([this.#own, ...this.#trusted()]);
    return this.#table[partition] ?? this.#own;
  }

  isTrusted(peer: string): boolean {
    const known = this.#peers.get(peer);
    return known !== undefined && known.doubtedAt === undefined;
  }

  /**
   * A peer says that it lives. A new one is trusted once it answers: what a paused process reads first when it
   * goes on is old, so hearing alone proves nothing. `lastPass` is the highest pass number given so far.
   */
  heard(peer: string, lastPass: number, nowMs: number): void {
    const known = this.#peers.get(peer);
    if (known !== undefined) known.heardAtMs = nowMs;
    else this.#peers.set(peer, { heardAtMs: nowMs, patienceMs: PATIENCE_MS_MIN, doubtedAt: lastPass });
  }

  /** A pass or probe was not acknowledged: only the acknowledgement of a later one mends that. */
  doubt(peer: string, lastPass: number): void {
    const known = this.#peers.get(peer);
    if (known === undefined) return;
    known.doubtedAt = lastPass;
    known.patienceMs = Math.min(PATIENCE_MS_MAX, 2 * known.patienceMs);
    this.#table = undefined;
  }

  /** A peer has acknowledged a pass or a probe. */
  answered(peer: string, number: number): void {
    const known = this.#peers.get(peer);
    if (known?.doubtedAt === undefined || number <= known.doubtedAt) return;
    known.doubtedAt = undefined;
    this.#table = undefined;
  }

  /** How long an acknowledgement of the peer is waited for. */
  patienceMs(peer: string): number {
    return this.#peers.get(peer)?.patienceMs ?? PATIENCE_MS_MIN;
  }

  /** An acknowledgement of the peer took so long. */
  learn(peer: string, tookMs: number): void {
    const known = this.#peers.get(peer);
    if (known === undefined) return;
    const drift = (PATIENCE_FACTOR * tookMs - known.patienceMs) * LEARNING_RATE;
    known.patienceMs = Math.min(PATIENCE_MS_MAX, Math.max(PATIENCE_MS_MIN, known.patienceMs + drift));
  }

  forget(peer: string): void {
    if (this.#peers.delete(peer)) this.#table = undefined;
  }

  expire(nowMs: number): void {
    for (const [peer, { heardAtMs }] of this.#peers) {
      if (nowMs - heardAtMs > PRESENCE_MS_MAX) this.forget(peer);
    }
  }

  #trusted(): readonly string[] {
    return [...this.#peers.keys()].filter(peer => this.isTrusted(peer));
  }
}

/** For each partition the one of highest weight; names are unique, so there are no ties that matter. */
export function homesAmong(proposers: readonly string[]): readonly string[] {
  return Array.from({ length: PARTITIONS }, (_, partition) => {
    const weighed = proposers.map(name => ({ name, weight: hashOf(`${partition} ${name}`) }));
    return weighed.reduce((best, next) => (isHeavier(next, best) ? next : best)).name;
  });
}

interface Weighed {
  readonly name: string;
  readonly weight: number;
}

function isHeavier(a: Weighed, b: Weighed): boolean {
  return a.weight > b.weight || (a.weight === b.weight && a.name > b.name);
}
