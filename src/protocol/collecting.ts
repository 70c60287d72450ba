// Which registers of a partition may be collected: those that every acceptor has told to hold unset, under one ballot, for
// long enough (D1). And what is to be sent for that: reads, copies to those who lack what the others have, and then the
// command to drop it. Pure; who asks and who sends is its caller's business.

import { type Ballot, compareBallots } from './ballot.ts';
import { isCollectible, remainsOf } from './collected.ts';
import type { Command, Reply } from './messages.ts';
import type { Configuration } from './quorum.ts';
import { highestAccepted, type Vote, withVote } from './round.ts';
import type { RegisterState } from './state.ts';
import { stayOf } from './stays.ts';
import type { StateCodec } from './work.ts';

interface CollectingOptions {
  readonly configuration: Configuration;
  readonly keys: readonly string[];
  /** Of the reads: replies to earlier ones do not count (P3). */
  readonly serial: number;
  readonly codec: StateCodec;
  readonly nowMs: number;
}

/** A register that may be collected. */
interface Due {
  readonly key: string;
  readonly accepted: Ballot;
  readonly state: RegisterState;
}

export class Collecting {
  readonly #options: CollectingOptions;
  readonly #votes: Map<string, readonly Vote[]>;

  constructor(options: CollectingOptions) {
    this.#options = options;
    this.#votes = new Map(options.keys.map(key => [key, []]));
  }

  get reads(): readonly Command[] {
    const { serial } = this.#options;
    return this.#options.keys.map(key => ({ kind: 'read', key, serial }));
  }

  /** @returns whether all acceptors have told of all keys. */
  receive(acceptor: string, reply: Reply): boolean {
    const { serial, configuration } = this.#options;
    const votes = this.#votes.get(reply.key);
    if (reply.kind === 'report' && reply.serial === serial && votes !== undefined) {
      if (configuration.acceptors.includes(acceptor))
        this.#votes.set(reply.key, withVote(votes, { acceptor, ...reply }));
    }
    return this.isAnswered;
  }

  get isAnswered(): boolean {
    const { acceptors } = this.#options.configuration;
    return [...this.#votes.values()].every(votes => votes.length === acceptors.length);
  }

  /** What an acceptor lacks of registers that would be due otherwise. Such a copy is an accept that comes late (C3). */
  copiesFor(acceptor: string): readonly Command[] {
    return [...this.#votes].flatMap(([key, votes]) => {
      const { accepted, value } = highestAccepted(votes);
      const own = votes.find(vote => vote.acceptor === acceptor);
      const isBehind = own !== undefined && compareBallots(own.accepted, accepted) < 0;
      if (!isBehind || this.#dueState(value) === undefined) return [];
      return [{ kind: 'copy', key, accepted, value } as const];
    });
  }

  /** Those that are set, and whose time is over: a read makes them unset. */
  get overdue(): readonly string[] {
    const { codec, nowMs } = this.#options;
    return [...this.#votes].flatMap(([key, votes]) => {
      const { value } = highestAccepted(votes);
      if (value.length === 0) return [];
      const { set, untilMs } = codec.decode(value);
      return set && untilMs !== undefined && untilMs <= nowMs ? [key] : [];
    });
  }

  /** Those that would be due, and that some acceptors have and others have dropped: a round brings them to all. */
  get split(): readonly string[] {
    const due = new Set(this.due.map(({ key }) => key));
    return [...this.#votes].flatMap(([key, votes]) => {
      const isHeard = votes.length === this.#options.configuration.acceptors.length;
      return isHeard && !due.has(key) && this.#dueState(highestAccepted(votes).value) !== undefined
        ? [key]
        : [];
    });
  }

  /** D1. In a joint epoch none is. */
  get due(): readonly Due[] {
    const { configuration } = this.#options;
    if (configuration.joint !== undefined) return [];
    return [...this.#votes].flatMap(([key, votes]) => {
      const { accepted, value } = highestAccepted(votes);
      const isEverywhere = configuration.acceptors.every(name =>
        votes.some(vote => vote.acceptor === name && compareBallots(vote.accepted, accepted) === 0),
      );
      const state = isEverywhere ? this.#dueState(value) : undefined;
      return state === undefined ? [] : [{ key, accepted, state }];
    });
  }

  /** @param ballot a promise for the whole partition, used for nothing else; best above all that was promised there. */
  collects(ballot: Ballot): readonly Command[] {
    const { codec } = this.#options;
    return this.due.map(({ key, accepted, state }) => {
      const remains = codec.encode(remainsOf(state, ballot.counter, stayOf(key)));
      return { kind: 'collect', key, ballot, accepted, remains };
    });
  }

  #dueState(value: Uint8Array): RegisterState | undefined {
    if (value.length === 0) return undefined;
    const { codec, nowMs } = this.#options;
    const state = codec.decode(value);
    return isCollectible(state, nowMs) ? state : undefined;
  }
}
