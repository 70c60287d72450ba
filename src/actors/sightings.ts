// What a proposer has seen of acceptors' commits, for as long as it lives: whose replies count, and what to tell on (S2).

import {
  counts,
  type Members,
  type News,
  type Sightings,
  type Stamp,
  withSighting,
} from '../protocol/memory.ts';

/** Growth is told on at most this often: each write is growth. */
const TELL_MS = 50;

export class SightingTable {
  #seen: Sightings = new Map();
  #told: Sightings = this.#seen;
  #tellAtMs = 0;

  /** Remembers the stamp of a reply. @returns whether the reply counts. */
  admit(acceptor: string, { store, incarnation, since, commits }: Stamp): boolean {
    if (!counts(this.#seen.get(acceptor), { store, incarnation, since, commits })) {
      // It is told again: this incarnation of the acceptor may never have heard of it.
      this.#told = new Map([...this.#told].filter(([member]) => member !== acceptor));
      return false;
    }
    this.#seen = withSighting(this.#seen, acceptor, { store, incarnation, commits });
    return true;
  }

  /** Forgets all but these, each with its store: a name that comes again with another is another acceptor. */
  keep(members: Members): void {
    this.#seen = new Map([...this.#seen].filter(([member, { store }]) => members.get(member) === store));
  }

  /** The highest commit that was seen of an acceptor. */
  commitsOf(acceptor: string): number {
    return this.#seen.get(acceptor)?.commits ?? 0;
  }

  /** What has grown since it was told last, when it is time. */
  news(nowMs: number): readonly News[] {
    if (this.#seen === this.#told || nowMs < this.#tellAtMs) return [];
    const grown = [...this.#seen].filter(([member, sighting]) => this.#told.get(member) !== sighting);
    this.#told = this.#seen;
    this.#tellAtMs = nowMs + TELL_MS;
    return grown.map(([member, sighting]) => ({ member, sighting }));
  }
}
