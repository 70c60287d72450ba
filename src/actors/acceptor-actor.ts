// The acceptor as an actor: applies the commands of a whole turn to their slots, and answers each proposer
// in one message. What a vote is, is protocol/acceptor.ts; durability before speech is the runtime's (A3).

import { EMPTY_SLOT, type Slot } from '../protocol/acceptor.ts';
import { joinedPrints, type Prints, printsOf } from '../protocol/filter.ts';
import type { Command, Reply } from '../protocol/messages.ts';
import { floorName, isKey, partitionOf, partitionOfFloor } from '../protocol/partition.ts';
import { type ClosedStays, isClosed, stayOf, withClosed } from '../protocol/stays.ts';
import { CLOSED_NAME, closedOf, closedSlot } from '../storage/closed-record.ts';
import { ALL } from '../transport/envelope-codec.ts';
import type { CommandEnvelope } from '../transport/message-codec.ts';
import {
  type Actor,
  type Early,
  type Loaded,
  type Needs,
  NO_NEEDS,
  NOTHING_TO_PERSIST,
  type Turn,
} from './actor.ts';
import { SlotMemory } from './slot-memory.ts';
import type { Standing } from './standing.ts';
import { isReadCommand, readReply, vote, voteWithoutSpace } from './vote.ts';

export interface AcceptorInput {
  readonly proposer: string;
  /** That the proposer works in. */
  readonly epoch: number;
  readonly commands: readonly Command[];
  /** It may wait for others to share a turn with. */
  readonly isPatient?: boolean;
  /** Of the message that it came in, if in any. */
  readonly bytes?: number;
}

export interface AcceptorOutput {
  readonly proposer: string;
  readonly epoch: number;
  readonly replies: readonly Reply[];
}

/**
 * What a message is for an acceptor; undefined for nothing. Nobody waits for what the reserve reads: whoever needs it asks for it
 * again.
 */
export function inputFor(
  acceptor: string,
  { sender, recipient, epoch, items, reserve = [] }: Omit<CommandEnvelope, 'news'>,
): AcceptorInput | undefined {
  if (recipient !== ALL && recipient !== acceptor) return undefined;
  const input = { proposer: sender, epoch };
  if (!reserve.includes(acceptor)) return { ...input, commands: items };
  const commands = items.filter(command => !isReadCommand(command));
  return commands.length === 0 ? undefined : { ...input, commands, isPatient: true };
}

interface AcceptorOptions {
  /** What slots may take in memory; the rest is read from the store. */
  readonly cacheBytesMax: number;
  /** Whether a key may have a slot on disk, commits under way left out: a fresh key costs no look there. By default any may. */
  readonly mayHave?: (key: string) => boolean;
  readonly standing: Standing;
}

/** How often an acceptor that may not vote yet looks at what the others answered. */
const LOOK_MS = 10;

/** How many answers of each kind were given. */
export type ReplyCounts = Readonly<Record<Reply['kind'], number>>;

export class AcceptorActor implements Actor<AcceptorInput, AcceptorOutput> {
  readonly #replies: Record<Reply['kind'], number> = {
    promised: 0,
    accepted: 0,
    copied: 0,
    collected: 0,
    conflict: 0,
    report: 0,
    floored: 0,
    full: 0,
    closed: 0,
  };
  readonly #standing: Standing;
  readonly #cache: SlotMemory;
  /** The slots of floors, by their names; each stays once it was needed. */
  readonly #floors = new Map<string, Slot>();
  readonly #mayHave: (key: string) => boolean;
  /** Which stays are closed, as it is on disk; undefined until that was looked up. */
  #closed: ClosedStays | undefined;
  #closedStepped: ClosedStays | undefined;
  /** What the last step made of the slots, while that is not durable yet: nobody may see it (A3). */
  #stepped: ReadonlyMap<string, Slot> = NOTHING_TO_PERSIST;

  constructor({ cacheBytesMax, mayHave = () => true, standing }: AcceptorOptions) {
    this.#standing = standing;
    this.#mayHave = mayHave;
    this.#cache = new SlotMemory(cacheBytesMax);
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
        if (isKey(key) && !this.#cache.has(key) && this.#mayHave(key)) slots.add(key);
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
      const prints = (partition: number) => this.#printsOf(partition, loaded, touched);
      if (command.kind === 'fetch') closed = withClosedBy(closed, command);
      const step = vote(slot, command, { floor, prints, closedTo: closedTo(closed, key) });
      touched.set(key, step.slot);
      if (step.slot !== slot) persist.set(key, step.slot);
      // D2: in one commit with what it stands for.
      if (step.floor !== floor) {
        touched.set(floorKey, step.floor);
        persist.set(floorKey, step.floor);
      }
      this.#replies[step.reply.kind] += 1;
      return step.reply;
    });
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
      if (!isKey(key)) this.#floors.set(key, slot);
      else this.#cache.use(key, slot);
    }
    this.#stepped = NOTHING_TO_PERSIST;
  }

  /** Reads of keys that are in memory, or known not to be on disk: they wait for no commit. */
  early(inputs: readonly AcceptorInput[]): Early<AcceptorInput, AcceptorOutput> {
    const { mayVote, epoch, isSettled } = this.#standing;
    const closed = this.#closed;
    if (!mayVote || !isSettled || closed === undefined) return { send: [], rest: inputs };
    if (!inputs.some(({ commands }) => commands.some(isReadCommand))) return { send: [], rest: inputs };
    const send: AcceptorOutput[] = [];
    const rest: AcceptorInput[] = [];
    // P6: what waits came first, and who asks the reserve wants to hear of it.
    const waiting = new Set(
      inputs.filter(({ isPatient }) => isPatient).flatMap(({ commands }) => commands.map(({ key }) => key)),
    );
    for (const input of inputs) {
      const { proposer, commands } = input;
      if (input.epoch !== epoch) continue;
      const replies: Reply[] = [];
      const left = commands.filter(command => {
        if (!isReadCommand(command) || waiting.has(command.key)) return true;
        const slot = this.#durable(command.key);
        const floor = this.#floors.get(floorOf(command.key));
        if (slot === undefined || floor === undefined) return true;
        replies.push(readReply(slot, command, { floor, closedTo: closedTo(closed, command.key) }));
        return false;
      });
      for (const { kind } of replies) this.#replies[kind] += 1;
      if (replies.length > 0) send.push({ proposer, epoch, replies });
      if (left.length > 0) rest.push({ ...input, commands: left });
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
      const { key } = command;
      const floor = this.#slot(floorOf(key), loaded);
      const around = { floor, closedTo: closedTo(closed, key) };
      const reply = voteWithoutSpace(this.#slot(key, loaded), command, around);
      if (reply.kind === 'full') this.#replies.full += 1;
      return reply;
    });
  }

  /** Of the keys of a partition that have a slot: on disk, or since the commands of this turn. */
  #printsOf(partition: number, loaded: Loaded, touched: ReadonlyMap<string, Slot>): Prints | undefined {
    const onDisk = loaded.prints.get(partition);
    if (onDisk === undefined) return undefined;
    const ofThisTurn = [...touched.keys()].filter(key => isKey(key) && partitionOf(key) === partition);
    return joinedPrints(onDisk, printsOf(ofThisTurn));
  }

  /** The slot as it is on disk, when that is known without looking there. */
  #durable(key: string): Slot | undefined {
    return this.#cache.get(key) ?? (this.#mayHave(key) ? undefined : EMPTY_SLOT);
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
