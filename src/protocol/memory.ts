// Whether an acceptor may have forgotten something (A4, S2), and how a cluster is formed (S3). Commits are numbered, and
// the others remember the highest number that they saw of each member: a file that went back in time, or was made
// anew, is below what they remember. Pure; who tells whom and when is actors/standing.ts.

import { type Configuration, FIRST_EPOCH, isQuorum, type Joint } from './quorum.ts';

/** What every message of an acceptor says of its memory. */
export interface Stamp {
  /** Minted with the acceptor's file. */
  readonly store: string;
  /** Minted with each start. */
  readonly incarnation: string;
  /** The number of the last commit before that start, and of the last one that is durable. */
  readonly since: number;
  readonly commits: number;
}

/** What was seen of a member: the highest number, and in which incarnation. */
export type Sighting = Omit<Stamp, 'since'>;
export type Sightings = ReadonlyMap<string, Sighting>;

/** One thing that proposers tell acceptors of each other's commits. */
export interface News {
  readonly member: string;
  readonly sighting: Sighting;
}

/** The store of each member. */
export type Members = ReadonlyMap<string, string>;

/** What an acceptor remembers beside its slots. */
export interface Memory {
  readonly commits: number;
  /** Undefined until the stores of all members were known at once. */
  readonly members: Members | undefined;
  /** Every member has recorded these stores, or it was made a member by them: from here on they vote. */
  readonly isFormed: boolean;
  /** Of the cluster that was formed (S6). */
  readonly founder: string | undefined;
  /** The highest that it has adopted, and for which alone it votes (C2). */
  readonly epoch: number;
  readonly joint: Joint | undefined;
  /** Why it must never vote again. */
  readonly doubt: string | undefined;
  readonly seen: Sightings;
}

export const NO_MEMORY: Memory = {
  commits: 0,
  members: undefined,
  isFormed: false,
  founder: undefined,
  epoch: FIRST_EPOCH,
  joint: undefined,
  doubt: undefined,
  seen: new Map(),
};

/** What members tell each other at a start. */
export interface Hello extends Pick<Memory, 'members' | 'isFormed' | 'epoch' | 'seen'> {
  readonly founder?: string | undefined;
  /** Whether it votes by now; builds before founders do not say. */
  readonly votes?: boolean;
  readonly sender: string;
  readonly stamp: Stamp;
  /** The incarnation that it answers; '' asks everybody. An answer was given after that incarnation began. */
  readonly answers: string;
}

/** Adds what was seen; the same map when that is nothing new. */
export function withSighting(seen: Sightings, member: string, sighting: Sighting): Sightings {
  const known = seen.get(member);
  if (known !== undefined && known.store === sighting.store && sighting.commits <= known.commits) return seen;
  return new Map(seen).set(member, sighting);
}

/**
 * Whether a reply counts. Numbers go up in one incarnation, though messages may overtake each other; another
 * incarnation begins at or above all that was seen before. What begins below is late, or has forgotten.
 */
export function counts(known: Sighting | undefined, stamp: Stamp): boolean {
  if (known === undefined) return true;
  if (known.store !== stamp.store) return false;
  return known.incarnation === stamp.incarnation || stamp.since >= known.commits;
}

/** Whether the owner of the stamp has forgotten a commit that was seen of it. */
export function hasForgotten(own: Stamp, sighting: Sighting): boolean {
  const isOfAnother = sighting.incarnation !== own.incarnation;
  return sighting.store === own.store && isOfAnother && sighting.commits > own.since;
}

export type Judgement =
  | { readonly kind: 'ask' }
  | { readonly kind: 'record'; readonly members: Members; readonly isFormed: boolean }
  | { readonly kind: 'vote' }
  /** It must never vote again. */
  | { readonly kind: 'doubt'; readonly why: string };

interface Starting {
  readonly id: string;
  /** Of its epoch; what it was started with while the cluster is not formed. */
  readonly configuration: Configuration;
  readonly stamp: Stamp;
  /** As it is on disk. */
  readonly memory: Memory;
}

/** What an acceptor that has started does next, when these have answered it. */
export function judgeStart(starting: Starting, answers: readonly Hello[]): Judgement {
  const { id, memory, configuration } = starting;
  const why = memory.doubt ?? doubtOf(starting, answers);
  if (why !== undefined) return { kind: 'doubt', why };
  if (!memory.isFormed) {
    // Who is not configured as one of the first members waits until they make it one.
    return configuration.acceptors.includes(id) ? judgeFormation(starting, answers) : { kind: 'ask' };
  }
  const present = answers.filter(({ sender, stamp }) => memory.members?.get(sender) === stamp.store);
  const voters = [id, ...present.map(({ sender }) => sender)];
  return { kind: isQuorum(configuration, voters) ? 'vote' : 'ask' };
}

function doubtOf(
  { id, configuration, stamp, memory }: Starting,
  answers: readonly Hello[],
): string | undefined {
  const tables = [{ sender: id, members: memory.members, epoch: memory.epoch }, ...answers];
  // Who waits to be made a member votes for no epoch that has not recorded its store.
  const isWaiting = !memory.isFormed && !configuration.acceptors.includes(id);
  for (const { sender, members, epoch } of isWaiting ? [] : tables) {
    // What was recorded before may be of an earlier acceptor of the name, which was removed since.
    if (members === undefined || epoch < memory.epoch) continue;
    const store = members.get(id);
    // An older epoch may not have it yet, and a newer one not any more.
    if (store !== undefined && store !== stamp.store)
      return `${sender} has recorded the store ${store} for ${id}, and its file is the store ${stamp.store}: it was lost, emptied or replaced, or is of another cluster of this name`;
  }
  for (const { sender, seen } of answers) {
    const sighting = seen.get(id);
    if (sighting !== undefined && hasForgotten(stamp, sighting))
      return forgottenText({ id, sender, seen: sighting.commits, has: stamp.since });
  }
  return undefined;
}

export function forgottenText({
  id,
  sender,
  seen,
  has,
}: {
  id: string;
  sender: string;
  seen: number;
  has: number;
}): string {
  return `${sender} has seen commit ${seen} of ${id}, and its file began at commit ${has}: it has forgotten what came between`;
}

/**
 * Two steps, each durable before the next. All stores are recorded once all members have answered. The cluster is
 * formed once all have recorded the same; before that nobody votes. So whoever votes knows that every member, also
 * one that starts on an empty file later, is told by each other one which store it must have.
 */
function judgeFormation(
  { id, configuration, stamp, memory }: Starting,
  answers: readonly Hello[],
): Judgement {
  const formed = answers.find(({ isFormed, epoch }) => isFormed && epoch === memory.epoch)?.members;
  if (formed !== undefined)
    return formed.has(id) ? { kind: 'record', members: formed, isFormed: true } : { kind: 'ask' };
  const { members } = memory;
  const others = configuration.acceptors.filter(name => name !== id);
  const heard = others.flatMap(name => answers.filter(({ sender }) => sender === name).slice(-1));
  if (heard.length < others.length) return { kind: 'ask' };
  if (members !== undefined) {
    const areAgreed = heard.every(hello => sameMembers(hello.members, members));
    return areAgreed ? { kind: 'record', members, isFormed: true } : { kind: 'ask' };
  }
  const stores = new Map(heard.map(({ sender, stamp: { store } }) => [sender, store]));
  const all = new Map(configuration.acceptors.map(name => [name, stores.get(name) ?? stamp.store]));
  const recorded = heard.find(hello => hello.members !== undefined)?.members;
  return { kind: 'record', members: recorded ?? all, isFormed: false };
}

function sameMembers(a: Members | undefined, b: Members): boolean {
  return a !== undefined && a.size === b.size && [...a].every(([name, store]) => b.get(name) === store);
}
