// Where an acceptor stands: whether it may vote (A4), what its commits carry beside the slots (S2), and its part in
// forming the cluster (S3). What follows from what is protocol/memory.ts; who carries the hellos is its caller's
// business. Nothing is said or done on the ground of a memory that is not durable yet (A3).

import type { Slot } from '../protocol/acceptor.ts';
import { areOfTwoClusters, founderOf } from '../protocol/founder.ts';
import { configurationOf, type Membership } from '../protocol/membership.ts';
import {
  forgottenText,
  type Hello,
  hasForgotten,
  judgeStart,
  type Memory,
  type News,
  type Sighting,
  type Stamp,
  withSighting,
} from '../protocol/memory.ts';
import { type Configuration, isMember } from '../protocol/quorum.ts';
import { MEMORY_NAME, memoryBytes, memoryOf, memorySlot } from '../storage/memory-record.ts';

interface StandingOptions {
  readonly id: string;
  /** The first members, who form the cluster; later ones are what was adopted. */
  readonly configuration: Configuration;
  readonly store: string;
  /** Unique for ever. */
  readonly incarnation: string;
  /** What is on disk under MEMORY_NAME. */
  readonly slot: Slot | undefined;
}

/** An answer older than so many questions says nothing of who is there now: of members while the cluster is formed, of another cluster always. */
const FRESH_ASKS = 20;
/** So often one that does not vote has asked since another cluster answered, before it is said to be at the wrong place. */
const OWN_ASKS = 10;

/** A member that was removed is `removed`, which is no harm. */
export const STANDING_STATUSES = ['asking', 'voting', 'removed', 'quarantined'] as const;
export type StandingStatus = (typeof STANDING_STATUSES)[number];

export class Standing {
  readonly #options: StandingOptions;
  readonly #since: number;
  /** The latest of each member, and how often we had asked before. */
  readonly #answers = new Map<string, { readonly hello: Hello; readonly asks: number }>();
  #asks = 0;
  /** As it is on disk. */
  #durable: Memory;
  /** As it is in the commit under way. */
  #written: Memory | undefined;
  /** As it is to be with the next commit; its number is that of the last one. */
  #memory: Memory;
  /** The memory may not wait for somebody else's commit. */
  #isDue = false;
  #mayVote = false;
  /** Who votes for another cluster, since which question it has answered, and the last that it answered. */
  #stranger: { readonly sender: string; readonly since: number; readonly last: number } | undefined;
  #bytes: { readonly of: Memory; readonly bytes: Uint8Array } | undefined;

  constructor(options: StandingOptions) {
    this.#options = options;
    this.#durable = memoryOf(options.slot);
    this.#memory = this.#durable;
    this.#since = this.#durable.commits;
  }

  get status(): StandingStatus {
    if (this.doubt !== undefined) return 'quarantined';
    if (!this.#isMember()) return 'removed';
    return this.mayVote ? 'voting' : 'asking';
  }

  /** Why it must not vote, for ever. */
  get doubt(): string | undefined {
    return this.#durable.doubt;
  }

  /** An acceptor of another cluster of the same name that has kept it from voting for long (S6). */
  get stranger(): string | undefined {
    const stranger = this.#freshStranger();
    const isLong = stranger !== undefined && this.#asks - stranger.since >= OWN_ASKS;
    return isLong && !this.#mayVote ? stranger.sender : undefined;
  }

  get mayVote(): boolean {
    return this.#mayVote && this.#memory.doubt === undefined && this.#isMember();
  }

  /** As its messages name it, and as those must that it takes. The founder is shown once it is durable (A3). */
  get cluster(): Pick<Configuration, 'cluster' | 'founder'> {
    return { cluster: this.#options.configuration.cluster, founder: this.#durable.founder };
  }

  /** C2: the only one that it votes for from now on; durable with the votes at the latest. */
  get epoch(): number {
    return this.#memory.epoch;
  }

  /** Whether the epoch is durable, so that what is durable may be shown under it. */
  get isSettled(): boolean {
    return this.#memory.epoch === this.#durable.epoch;
  }

  /** Undefined while the cluster is not formed. */
  get membership(): Membership | undefined {
    return membershipOf(this.#durable);
  }

  /** The others that have answered since its start; lately, while the cluster is formed. */
  get heard(): readonly string[] {
    return this.#fresh().map(({ sender }) => sender);
  }

  /** Whether it is none of the first members, and nobody has made it one yet. */
  get isCandidate(): boolean {
    return !this.#memory.isFormed && !isMember(this.#options.configuration, this.#options.id);
  }

  /** Shows no commit that is under way. */
  get stamp(): Stamp {
    const { store, incarnation } = this.#options;
    return { store, incarnation, since: this.#since, commits: this.#durable.commits };
  }

  /** What a proposer tells: remembered now, and durably with the next commit. */
  learn(news: readonly News[], teller: string): void {
    for (const { member, sighting } of news) {
      if (member === this.#options.id) this.#hearOfItself(sighting, teller);
      else this.#see(member, sighting);
    }
  }

  /** C2: takes over what was decided, if it is newer. Who is no member yet waits for one that it is in. */
  adopt({ founder, epoch, members, joint }: Membership): void {
    const { id, store } = this.#options;
    const memory = this.#memory;
    if (epoch <= memory.epoch || memory.doubt !== undefined) return;
    const own = membershipOf(memory);
    if (own === undefined ? members.get(id) !== store : areOfTwoClusters(own, { founder, members })) return;
    const seen = new Map([...memory.seen].filter(([name, sighting]) => members.get(name) === sighting.store));
    this.#change({ founder: founder ?? memory.founder, epoch, members, joint, seen, isFormed: true });
  }

  /** Takes in what another member says. @returns what to answer. */
  receive(hello: Hello): Hello | undefined {
    const { sender, answers, stamp } = hello;
    const { id, incarnation } = this.#options;
    if (sender === id || !isMember(this.#configuration(), sender)) return undefined;
    if (answers === incarnation) this.#hearAnswer(hello);
    const isAnswered = answers === '' && this.#memory.doubt === undefined;
    return isAnswered ? this.#hello(stamp.incarnation) : undefined;
  }

  #hearAnswer(hello: Hello): void {
    const asks = this.#asks;
    if (!this.#isOfAnother(hello)) this.#answers.set(hello.sender, { hello, asks });
    else if (votes(hello)) {
      const since = this.#freshStranger()?.since ?? asks;
      this.#stranger = { sender: hello.sender, since, last: asks };
    }
  }

  /** To be sent to all again and again, until it votes. */
  ask(): Hello {
    this.#asks += 1;
    return this.#hello('');
  }

  /** Goes on as far as the answers allow. */
  judge(): void {
    if (this.#mayVote || this.#isDue || this.#memory.doubt !== undefined || !this.#isMember()) return;
    const { id } = this.#options;
    const configuration = this.#configuration();
    const starting = { id, configuration, stamp: this.stamp, memory: this.#durable };
    const judgement = judgeStart(starting, this.#fresh());
    switch (judgement.kind) {
      case 'ask':
        break;
      case 'record': {
        const { members, isFormed } = judgement;
        this.#change({ members, isFormed, founder: isFormed ? founderOf(members) : undefined });
        break;
      }
      case 'vote':
        this.#mayVote = this.#isAtHome();
        break;
      case 'doubt':
        this.#change({ doubt: judgement.why });
        break;
    }
  }

  /** The slots of a commit with the memory among them; none when there is nothing to commit. */
  withMemory(slots: Map<string, Slot>): ReadonlyMap<string, Slot> {
    if (slots.size === 0 && !this.#isDue) return slots;
    const written = { ...this.#memory, commits: this.#durable.commits + 1 };
    this.#written = written;
    if (this.#bytes?.of !== this.#memory) this.#bytes = { of: this.#memory, bytes: memoryBytes(written) };
    return slots.set(MEMORY_NAME, memorySlot(written.commits, this.#bytes.bytes));
  }

  /** The commit is durable. */
  settled(): void {
    if (this.#written === undefined) return;
    this.#durable = this.#written;
    this.#written = undefined;
    const { members, isFormed, epoch, doubt } = this.#durable;
    const { members: wanted, ...memory } = this.#memory;
    if (
      members === wanted &&
      isFormed === memory.isFormed &&
      epoch === memory.epoch &&
      doubt === memory.doubt
    )
      this.#isDue = false;
  }

  /** There was no space for the commit. */
  withoutSpace(): void {
    this.#written = undefined;
  }

  /** S6. Whoever has no formed file of its own may be one that lost it, and is of no cluster yet. */
  #isOfAnother({ isFormed, founder, members }: Hello): boolean {
    const own = this.membership;
    const { id, store } = this.#options;
    if (own === undefined || own.members.get(id) !== store) return false;
    return isFormed && members !== undefined && areOfTwoClusters(own, { founder, members });
  }

  #freshStranger() {
    const stranger = this.#stranger;
    return stranger !== undefined && this.#asks - stranger.last < FRESH_ASKS ? stranger : undefined;
  }

  /** S6: where another cluster votes, it votes only if one of its own does already. Those who came together find none. */
  #isAtHome(): boolean {
    if (this.#freshStranger() === undefined) return true;
    const { members } = this.#durable;
    return this.#fresh().some(hello => votes(hello) && members?.get(hello.sender) === hello.stamp.store);
  }

  /** A member that is silent may come back with another store: it is not recorded with the one that it had (S3). */
  #fresh(): readonly Hello[] {
    const answers = [...this.#answers.values()];
    const fresh = answers.filter(({ asks }) => this.#durable.isFormed || this.#asks - asks < FRESH_ASKS);
    return fresh.map(({ hello }) => hello);
  }

  #hello(answers: string): Hello {
    const { members, isFormed, founder, epoch } = this.#durable;
    return {
      sender: this.#options.id,
      stamp: this.stamp,
      answers,
      members,
      isFormed,
      founder,
      votes: this.mayVote,
      epoch,
      seen: this.#memory.seen,
    };
  }

  #hearOfItself(sighting: Sighting, sender: string): void {
    const own = this.stamp;
    if (this.#memory.doubt !== undefined || !hasForgotten(own, sighting)) return;
    const { id } = this.#options;
    this.#change({ doubt: forgottenText({ id, sender, seen: sighting.commits, has: own.since }) });
  }

  #see(member: string, sighting: Sighting): void {
    const { members } = this.#memory;
    if (!isMember(this.#configuration(), member)) return;
    if (members !== undefined && members.get(member) !== sighting.store) return;
    const seen = withSighting(this.#memory.seen, member, sighting);
    if (seen !== this.#memory.seen) this.#memory = { ...this.#memory, seen };
  }

  /** As of the memory that is to be. */
  #configuration(): Configuration {
    const { configuration } = this.#options;
    const membership = membershipOf(this.#memory);
    return membership === undefined ? configuration : configurationOf(configuration.cluster, membership);
  }

  /** Who waits to be made a member counts as one. */
  #isMember(): boolean {
    const { isFormed, members } = this.#memory;
    return !isFormed || members?.get(this.#options.id) === this.#options.store;
  }

  #change(change: Partial<Memory>): void {
    this.#memory = { ...this.#memory, ...change };
    this.#isDue = true;
  }
}

function membershipOf({ founder, epoch, members, joint, isFormed }: Memory): Membership | undefined {
  return isFormed && members !== undefined ? { founder, epoch, members, joint } : undefined;
}

/** Builds before this do not say, and count as voting, of either cluster. */
function votes(hello: Hello): boolean {
  return hello.votes !== false;
}
