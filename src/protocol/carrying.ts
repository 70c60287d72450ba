// What is brought over to the members after a change: a page of keys as acceptors of the joint epoch have them on disk,
// the copies that those need who lack something, and the promise that must bind them all (C3, C5). Pure; who asks and
// who sends is its caller's business.

import { type Ballot, compareBallots, maxBallot, ZERO_BALLOT } from './ballot.ts';
import type { Command, Reply } from './messages.ts';
import { floorName } from './partition.ts';
import { type Configuration, isQuorum, withVoter } from './quorum.ts';
import { stayOf } from './stays.ts';

/** What an acceptor has of a key. */
export interface Held {
  readonly key: string;
  readonly promised: Ballot;
  readonly accepted: Ballot;
  /** Undefined when nothing is accepted, or not told. */
  readonly value: Uint8Array | undefined;
}

export interface Told {
  /** The promise for the whole partition. */
  readonly floor: Ballot;
  /** Up to which stay the partition is closed (G1), if it is. */
  readonly closedTo?: number | undefined;
  /** What is left of the partition's collected registers. */
  readonly remains?: Uint8Array | undefined;
  readonly holdings: readonly Held[];
}

type Copy = Extract<Command, { kind: 'copy' }>;

interface Carried {
  readonly accepted: Ballot;
  readonly value: Uint8Array | undefined;
  readonly holders: readonly string[];
}

export class Carrying {
  readonly #configuration: Configuration;
  /** The highest that is accepted of each key, and by whom. */
  readonly #keys = new Map<string, Carried>();
  /** The acceptors that told something, and the keys of which each still has to answer a copy. */
  readonly #unanswered: ReadonlyMap<string, Set<string>>;
  /** Nothing above was promised in an earlier epoch by any quorum of the members before. */
  readonly highest: Ballot;
  /** Nothing above was closed in an earlier epoch by any quorum of the members before; -1 when nothing was. */
  readonly closedTo: number;
  /** What each told to be left of collected registers: all of it must be known to those after (D3). */
  readonly remains: readonly Uint8Array[];

  /** @param told what a quorum of either set has on disk, of the same keys. */
  constructor(configuration: Configuration, told: ReadonlyMap<string, Told>) {
    this.#configuration = configuration;
    let highest = ZERO_BALLOT;
    this.closedTo = Math.max(-1, ...[...told.values()].map(({ closedTo }) => closedTo ?? -1));
    for (const [acceptor, { floor, holdings }] of told) {
      highest = maxBallot(highest, floor);
      for (const holding of holdings) {
        highest = maxBallot(highest, maxBallot(holding.promised, holding.accepted));
        this.#hold(acceptor, holding);
      }
    }
    this.highest = highest;
    this.remains = [...told.values()].flatMap(({ remains }) => remains ?? []);
    this.#unanswered = new Map([...told.keys()].map(acceptor => [acceptor, this.#lackedBy(acceptor)]));
  }

  get size(): number {
    return this.#keys.size;
  }

  /** The copies that an acceptor has not answered. */
  copiesFor(acceptor: string): readonly Copy[] {
    return [...(this.#unanswered.get(acceptor) ?? [])].flatMap(key => {
      const { accepted, value } = this.#keys.get(key) ?? {};
      return accepted && value ? [{ kind: 'copy', key, accepted, value } as const] : [];
    });
  }

  /** @returns whether all copies are answered. */
  receive(acceptor: string, reply: Reply): boolean {
    if (reply.kind === 'copied' && this.#unanswered.get(acceptor)?.delete(reply.key)) {
      const carried = this.#keys.get(reply.key);
      if (carried !== undefined && compareBallots(reply.accepted, carried.accepted) === 0)
        this.#keys.set(reply.key, { ...carried, holders: withVoter(carried.holders, acceptor) });
    }
    return this.isAnswered;
  }

  get isAnswered(): boolean {
    return [...this.#unanswered.values()].every(keys => keys.size === 0);
  }

  /** The keys whose highest is at no quorum of either set: they are to be read, as that ends with such a quorum. */
  get missing(): readonly string[] {
    const some = [...this.#keys].filter(([, { holders }]) => !isQuorum(this.#configuration, holders));
    return some.map(([key]) => key);
  }

  /** Those of them that cannot be read, as their stay is closed: the partition is to be begun again (G5). */
  get missingForGood(): readonly string[] {
    return this.missing.filter(name => (stayOf(name) ?? Number.POSITIVE_INFINITY) <= this.closedTo);
  }

  /** Acceptors that have such a key, one of each: its value may not have been told, and then nobody got a copy. */
  get holdersForGood(): readonly string[] {
    return this.missingForGood.flatMap(key => this.#keys.get(key)?.holders[0] ?? []);
  }

  #hold(acceptor: string, { key, accepted, value }: Held): void {
    const known = this.#keys.get(key);
    const order = compareBallots(accepted, known?.accepted ?? ZERO_BALLOT);
    if (order > 0) this.#keys.set(key, { accepted, value, holders: [acceptor] });
    else if (order === 0 && known !== undefined) {
      const holders = withVoter(known.holders, acceptor);
      this.#keys.set(key, { accepted, value: known.value ?? value, holders });
    }
  }

  #lackedBy(acceptor: string): Set<string> {
    const lacking = [...this.#keys].filter(
      ([, { value, holders }]) => value !== undefined && !holders.includes(acceptor),
    );
    return new Set(lacking.map(([key]) => key));
  }
}

interface Raised {
  readonly partition: number;
  /** All that was told, merged; empty for nothing. */
  readonly remains: Uint8Array;
  /** Who asks for it. */
  readonly proposer: string;
}

/** C5: the promise for a partition above all that was told of it, with what is left of its collected registers. */
export function floorAbove(
  { counter }: Ballot,
  { partition, remains, proposer }: Raised,
): Extract<Command, { kind: 'floor' }> {
  const ballot = { counter: counter + 1, proposer };
  return { kind: 'floor', key: floorName(partition), ballot, ...(remains.length === 0 ? {} : { remains }) };
}

/** Whether an acceptor has promised at least the floor that was asked for: one that refuses it has promised more. */
export function bindsFloor(reply: Reply, floor: { readonly key: string; readonly ballot: Ballot }): boolean {
  const { kind, key } = reply;
  if (key !== floor.key || (kind !== 'floored' && kind !== 'conflict')) return false;
  return reply.counter === floor.ballot.counter;
}
