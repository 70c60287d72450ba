// The acceptor as an actor: applies the commands of a whole turn to their slots, and answers each proposer
// in one message. What a vote is, is protocol/acceptor.ts; durability before speech is the runtime's (A3).

import { accept, EMPTY_SLOT, prepare, read, type Slot, underFloor } from '../protocol/acceptor.ts';
import { compareBallots, maxBallot } from '../protocol/ballot.ts';
import { filterOf } from '../protocol/filter.ts';
import type { Command, Reply } from '../protocol/messages.ts';
import { floorName, isKey, partitionOf, partitionOfFloor } from '../protocol/partition.ts';
import { type ClosedStays, isClosed, stayOf, withClosed } from '../protocol/stays.ts';
import { CLOSED_NAME, closedOf, closedSlot } from '../storage/closed-record.ts';
import {
  type Actor,
  type Early,
  type Loaded,
  type Needs,
  NO_NEEDS,
  NOTHING_TO_PERSIST,
  type Turn,
} from './actor.ts';
import { KnownKeys } from './known-keys.ts';
import { RecencyCache } from './recency-cache.ts';
import type { Standing } from './standing.ts';

export interface AcceptorInput {
  readonly proposer: string;
  /** That the proposer works in. */
  readonly epoch: number;
  readonly commands: readonly Command[];
}

export interface AcceptorOutput {
  readonly proposer: string;
  readonly epoch: number;
  readonly replies: readonly Reply[];
}

interface AcceptorOptions {
  readonly cacheBytesMax: number;
  readonly standing: Standing;
}

/** What a remembered slot costs beside its key and value: mostly the buffer object that holds the value. */
const SLOT_BYTES = 700;
/** How often an acceptor that may not vote yet looks at what the others answered. */
const LOOK_MS = 10;

/** How many answers of each kind were given. */
export type ReplyCounts = Readonly<Record<Reply['kind'], number>>;

export class AcceptorActor implements Actor<AcceptorInput, AcceptorOutput> {
  readonly #replies: Record<Reply['kind'], number> = {
    promised: 0,
    accepted: 0,
    copied: 0,
    conflict: 0,
    report: 0,
    floored: 0,
    full: 0,
    closed: 0,
  };
  readonly #standing: Standing;
  readonly #cache: RecencyCache<Slot>;
  /** The slots of floors, by their names; each stays once it was needed. */
  readonly #floors = new Map<string, Slot>();
  readonly #known = new KnownKeys();
  /** Which stays are closed, as it is on disk; undefined until that was looked up. */
  #closed: ClosedStays | undefined;
  #closedStepped: ClosedStays | undefined;
  /** What the last step made of the slots, while that is not durable yet: nobody may see it (A3). */
  #stepped: ReadonlyMap<string, Slot> = NOTHING_TO_PERSIST;

  constructor({ cacheBytesMax, standing }: AcceptorOptions) {
    this.#standing = standing;
    this.#cache = new RecencyCache({ bytesMax: cacheBytesMax, cost: slotBytes });
  }

  get replies(): ReplyCounts {
    return this.#replies;
  }

  needs(inputs: readonly AcceptorInput[]): Needs {
    if (!this.#standing.mayVote) return NO_NEEDS;
    const slots = new Set<string>();
    const partitions = new Set<number>();
    if (this.#closed === undefined) slots.add(CLOSED_NAME);
    for (const { commands } of inputs) {
      for (const { kind, key } of commands) {
        if (isKey(key) && !this.#cache.has(key) && this.#known.mayHaveSlot(key)) slots.add(key);
        const floor = floorOf(key);
        if (!this.#floors.has(floor)) slots.add(floor);
        if (kind === 'floor') partitions.add(partitionOfFloor(key) ?? 0);
      }
    }
    return { slots: [...slots], partitions: [...partitions] };
  }

  step(inputs: readonly AcceptorInput[], loaded: Loaded, nowMs: number): Turn<AcceptorOutput> {
    if (!this.#standing.mayVote) return this.#stepAside(nowMs);
    const { epoch } = this.#standing;
    const persist = new Map<string, Slot>();
    const touched = new Map<string, Slot>();
    const slotOf = (key: string): Slot => touched.get(key) ?? this.#slot(key, loaded);
    const closedBefore = this.#closedNow(loaded);
    let closed = closedBefore;
    const send = answered(epoch, inputs, command => {
      const { key } = command;
      const slot = slotOf(key);
      const floorKey = floorOf(key);
      const floor = slotOf(floorKey);
      if (!this.#floors.has(floorKey)) touched.set(floorKey, floor);
      const keys = (partition: number) => this.#keysOf(partition, loaded, touched);
      if (command.kind === 'fetch') closed = withClosedBy(closed, command);
      const step = vote(slot, command, { floor, keys, closedTo: closedTo(closed, key) });
      touched.set(key, step.slot);
      if (step.slot !== slot) persist.set(key, step.slot);
      this.#replies[step.reply.kind] += 1;
      return step.reply;
    });
    for (const key of persist.keys()) if (isKey(key)) this.#known.add(key);
    if (closed !== closedBefore) persist.set(CLOSED_NAME, closedSlot(closed));
    this.#stepped = touched;
    this.#closedStepped = closed;
    return { persist: this.#standing.withMemory(persist), send, wakeAtMs: undefined };
  }

  /** Nothing is answered (A4): whoever asked asks again. */
  #stepAside(nowMs: number): Turn<AcceptorOutput> {
    const standing = this.#standing;
    standing.judge();
    const isOver = standing.status === 'quarantined';
    return {
      persist: standing.withMemory(new Map()),
      send: [],
      wakeAtMs: isOver ? undefined : nowMs + LOOK_MS,
    };
  }

  settled(): void {
    this.#standing.settled();
    this.#closed = this.#closedStepped ?? this.#closed;
    for (const [key, slot] of this.#stepped) {
      if (isKey(key)) this.#cache.use(key, slot);
      else this.#floors.set(key, slot);
    }
    this.#stepped = NOTHING_TO_PERSIST;
  }

  /** Reads of keys that are in memory, or known not to be on disk: they wait for no commit. */
  early(inputs: readonly AcceptorInput[]): Early<AcceptorInput, AcceptorOutput> {
    const { mayVote, epoch, isSettled } = this.#standing;
    const closed = this.#closed;
    if (!mayVote || !isSettled || closed === undefined) return { send: [], rest: inputs };
    if (!inputs.some(({ commands }) => commands.some(isRead))) return { send: [], rest: inputs };
    const send: AcceptorOutput[] = [];
    const rest: AcceptorInput[] = [];
    for (const input of inputs) {
      const { proposer, commands } = input;
      if (input.epoch !== epoch) continue;
      const replies: Reply[] = [];
      const left = commands.filter(command => {
        if (!isRead(command)) return true;
        const slot = this.#durable(command.key);
        if (slot !== undefined) replies.push(readReply(slot, command, closedTo(closed, command.key)));
        return slot === undefined;
      });
      for (const { kind } of replies) this.#replies[kind] += 1;
      if (replies.length > 0) send.push({ proposer, epoch, replies });
      if (left.length > 0) rest.push({ proposer, epoch, commands: left });
    }
    return { send, rest };
  }

  /** Nothing of the last step came to be: its votes are not given, and reads show the slots as they were. */
  withoutSpace(inputs: readonly AcceptorInput[], loaded: Loaded): readonly AcceptorOutput[] {
    this.#stepped = NOTHING_TO_PERSIST;
    this.#closedStepped = undefined;
    this.#standing.withoutSpace();
    const closed = this.#closedNow(loaded);
    const { mayVote, epoch, isSettled } = this.#standing;
    if (!mayVote || !isSettled) return [];
    return answered(epoch, inputs, command => {
      const { kind, key } = command;
      const to = closedTo(closed, key);
      if (kind === 'read') return readReply(this.#slot(key, loaded), command, to);
      if (kind === 'fetch' && to !== undefined) return reportOf(this.#slot(key, loaded), command);
      if (kind === 'copy') return { kind: 'copied', key, accepted: this.#slot(key, loaded).accepted };
      const phase = kind === 'accept' ? 'accept' : 'prepare';
      this.#replies.full += 1;
      return {
        kind: 'full',
        key,
        phase,
        counter: kind === 'fetch' ? command.serial : command.ballot.counter,
      };
    });
  }

  /** The keys of a partition that have a slot: on disk, or since the commands of this turn. */
  #keysOf(
    partition: number,
    loaded: Loaded,
    touched: ReadonlyMap<string, Slot>,
  ): readonly string[] | undefined {
    const onDisk = loaded.keys.get(partition);
    if (onDisk === undefined) return undefined;
    const ofThisTurn = [...touched.keys()].filter(key => isKey(key) && partitionOf(key) === partition);
    const keys = [...onDisk, ...ofThisTurn];
    this.#known.learn(partition, keys);
    return keys;
  }

  /** The slot as it is on disk, when that is known without looking there. */
  #durable(key: string): Slot | undefined {
    return this.#cache.get(key) ?? (this.#known.mayHaveSlot(key) ? undefined : EMPTY_SLOT);
  }

  /** As it is on disk, and as the steps before this one have made it. */
  #closedNow(loaded: Loaded): ClosedStays {
    return this.#closed ?? closedOf(loaded.slots.get(CLOSED_NAME));
  }

  #slot(key: string, loaded: Loaded): Slot {
    const known = isKey(key) ? this.#cache.get(key) : this.#floors.get(key);
    return known ?? loaded.slots.get(key) ?? EMPTY_SLOT;
  }
}

/** Up to where the partition of a key is closed, if that goes as far as its stay (G1). */
function closedTo(closed: ClosedStays, key: string): number | undefined {
  if (closed.size === 0 || !isKey(key)) return undefined;
  const stay = stayOf(key);
  const partition = partitionOf(key);
  return stay !== undefined && isClosed(closed, partition, stay) ? closed.get(partition) : undefined;
}

function withClosedBy(closed: ClosedStays, { key }: Extract<Command, { kind: 'fetch' }>): ClosedStays {
  const stay = stayOf(key);
  return stay === undefined ? closed : withClosed(closed, partitionOf(key), stay);
}

/** The name of the floor that holds for a key; a floor's own. */
function floorOf(key: string): string {
  return isKey(key) ? floorName(partitionOf(key)) : key;
}

/** Answers every command of the epoch in order (C2); the replies to one proposer travel together. */
function answered(
  epoch: number,
  inputs: readonly AcceptorInput[],
  answer: (command: Command) => Reply,
): readonly AcceptorOutput[] {
  const replies = new Map<string, Reply[]>();
  for (const { proposer, commands, ...input } of inputs) {
    if (input.epoch !== epoch) continue;
    const own = replies.get(proposer) ?? [];
    replies.set(proposer, own);
    for (const command of commands) own.push(answer(command));
  }
  return [...replies].map(([proposer, own]) => ({ proposer, epoch, replies: own }));
}

type Read = Extract<Command, { kind: 'read' }>;

interface Surroundings {
  /** The slot of the partition's floor. */
  readonly floor: Slot;
  readonly keys: (partition: number) => readonly string[] | undefined;
  /** Up to which stay the partition is closed, where that is so for the key. */
  readonly closedTo: number | undefined;
}

interface Voted {
  readonly slot: Slot;
  readonly reply: Reply;
}

function vote(slot: Slot, command: Command, { floor, keys, closedTo }: Surroundings): Voted {
  const { key } = command;
  if (closedTo !== undefined) return voteClosed(slot, command, closedTo);
  switch (command.kind) {
    case 'prepare': {
      const { counter } = command.ballot;
      const lifted = underFloor(slot, floor.promised);
      const step = prepare(lifted, command.ballot);
      const after = step.slot === lifted ? slot : step.slot;
      return { slot: after, reply: promiseReply(step.reply, key, counter) };
    }
    case 'accept': {
      const { counter } = command.ballot;
      const lifted = underFloor(slot, floor.promised);
      const step = accept(lifted, command.ballot, command.value, command.next);
      const after = step.slot === lifted ? slot : step.slot;
      if (step.reply.kind === 'accepted') return { slot: after, reply: { kind: 'accepted', key, counter } };
      return {
        slot: after,
        reply: { kind: 'conflict', key, phase: 'accept', counter, seen: step.reply.seen },
      };
    }
    case 'read':
    case 'fetch':
      return { slot, reply: reportOf(slot, command) };
    case 'copy': {
      const { accepted: ballot, value } = command;
      const lifted = underFloor(slot, floor.promised);
      const step = accept(lifted, ballot, value, ballot);
      const after = step.slot === lifted ? slot : step.slot;
      return { slot: after, reply: { kind: 'copied', key, accepted: after.accepted } };
    }
    case 'floor': {
      const { counter } = command.ballot;
      const step = prepare(slot, command.ballot);
      if (step.reply.kind === 'conflict') return { slot, reply: promiseReply(step.reply, key, counter) };
      const members = keys(partitionOfFloor(key) ?? 0);
      const filter = members && filterOf(members);
      return { slot: step.slot, reply: { kind: 'floored', key, counter, filter } };
    }
  }
}

/**
 * G1: of a stay that is closed nothing is voted on nor read, repeated accepts included. It is told to those who bring it
 * away, and copied to other members whatever was promised: no round comes any more that could rest on a promise.
 */
function voteClosed(slot: Slot, command: Command, stay: number): Voted {
  const { kind, key } = command;
  if (kind === 'fetch') return { slot, reply: reportOf(slot, command) };
  if (kind !== 'copy') return { slot, reply: { kind: 'closed', key, stay } };
  const { accepted: ballot, value } = command;
  const isNewer = compareBallots(ballot, slot.accepted) > 0;
  const after = isNewer ? { promised: maxBallot(slot.promised, ballot), accepted: ballot, value } : slot;
  return { slot: after, reply: { kind: 'copied', key, accepted: after.accepted } };
}

function isRead(command: Command): command is Read {
  return command.kind === 'read';
}

function readReply(slot: Slot, command: Read, stay: number | undefined): Reply {
  return stay === undefined ? reportOf(slot, command) : { kind: 'closed', key: command.key, stay };
}

function reportOf(slot: Slot, { key, serial }: Extract<Command, { kind: 'read' | 'fetch' }>): Reply {
  const { accepted, value } = read(slot);
  return { kind: 'report', key, serial, accepted, value };
}

function promiseReply(reply: ReturnType<typeof prepare>['reply'], key: string, counter: number): Reply {
  if (reply.kind === 'conflict')
    return { kind: 'conflict', key, phase: 'prepare', counter, seen: reply.seen };
  return { kind: 'promised', key, counter, accepted: reply.accepted, value: reply.value };
}

function slotBytes(key: string, { value }: Slot): number {
  return SLOT_BYTES + key.length + value.length;
}
