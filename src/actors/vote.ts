// What an acceptor makes of one command: the slot and the floor that it leads to, and the reply. The rules of a vote are
// protocol/acceptor.ts; here they meet the floor of the key's partition.

import {
  accept,
  collect,
  EMPTY_SLOT,
  isEmpty,
  prepare,
  read,
  type Slot,
  underFloor,
} from '../protocol/acceptor.ts';
import { compareBallots, maxBallot } from '../protocol/ballot.ts';
import { filterOf, type Prints } from '../protocol/filter.ts';
import type { Command, Reply } from '../protocol/messages.ts';
import { partitionOfFloor } from '../protocol/partition.ts';
import { mergedRemains } from '../transport/state-codec.ts';

interface Surroundings {
  /** The slot of the partition's floor; of a floor its own. */
  readonly floor: Slot;
  /** Of all keys of a partition that have a slot. */
  readonly prints: (partition: number) => Prints | undefined;
  /** Up to which stay the partition is closed, where that is so for the key (G1). */
  readonly closedTo: number | undefined;
}

interface Voted {
  /** The same objects where nothing has changed. */
  readonly slot: Slot;
  readonly floor: Slot;
  readonly reply: Reply;
}

const NOTHING = new Uint8Array(0);

type ReadCommand = Extract<Command, { kind: 'read' }>;

export function vote(slot: Slot, command: Command, surroundings: Surroundings): Voted {
  const { closedTo, floor, prints } = surroundings;
  const { key } = command;
  if (closedTo !== undefined) return voteClosed(slot, command, { floor, closedTo });
  const lifted = underFloor(slot, floor.promised);
  switch (command.kind) {
    case 'prepare': {
      const { counter } = command.ballot;
      const step = prepare(lifted, command.ballot);
      const after = step.slot === lifted ? slot : step.slot;
      if (step.reply.kind === 'conflict') return { slot, floor, reply: refusal(step.reply, key, counter) };
      const { accepted, value } = shown(slot, floor);
      return { slot: after, floor, reply: { kind: 'promised', key, counter, accepted, value } };
    }
    case 'accept': {
      const { counter } = command.ballot;
      const step = accept(lifted, command.ballot, command.value, command.next);
      const after = step.slot === lifted ? slot : step.slot;
      if (step.reply.kind === 'accepted')
        return { slot: after, floor, reply: { kind: 'accepted', key, counter } };
      const reply = { kind: 'conflict', key, phase: 'accept', counter, seen: step.reply.seen } as const;
      return { slot: after, floor, reply };
    }
    case 'read':
    case 'fetch':
      return { slot, floor, reply: reportOf(slot, floor, command) };
    case 'begin': {
      const value = mergedRemains(floor.value, command.remains);
      const merged = value === floor.value ? floor : { ...floor, value };
      return { slot, floor: merged, reply: reportOf(slot, merged, command) };
    }
    case 'copy': {
      const { accepted: ballot, value } = command;
      const step = accept(lifted, ballot, value, ballot);
      const after = step.slot === lifted ? slot : step.slot;
      return { slot: after, floor, reply: { kind: 'copied', key, accepted: after.accepted } };
    }
    case 'collect': {
      const remains = mergedRemains(floor.value, command.remains);
      const after = collect(slot, floor, { ...command, remains });
      const isGone = after.slot.accepted.counter === 0;
      return { ...after, reply: { kind: 'collected', key, counter: command.ballot.counter, isGone } };
    }
    case 'floor':
      return voteOnFloor(slot, command, prints);
  }
}

/** What is left of collected registers is taken over also where the promise is refused: it holds for every ballot (D3). */
function voteOnFloor(
  floor: Slot,
  { key, ballot, remains = NOTHING }: Extract<Command, { kind: 'floor' }>,
  prints: Surroundings['prints'],
): Voted {
  const value = mergedRemains(floor.value, remains);
  const merged = value === floor.value ? floor : { ...floor, value };
  const { slot: after, reply: told } = prepare(merged, ballot);
  const { counter } = ballot;
  if (told.kind === 'conflict') return { slot: merged, floor: merged, reply: refusal(told, key, counter) };
  const members = prints(partitionOfFloor(key) ?? 0);
  const filter = members && filterOf(members);
  return {
    slot: after,
    floor: after,
    reply: { kind: 'floored', key, counter, filter, ...(value.length === 0 ? {} : { remains: value }) },
  };
}

/**
 * G1: of a stay that is closed nothing is voted on nor read, repeated accepts included. It is told to those who bring it
 * away, and copied to other members whatever was promised: no round comes any more that could rest on a promise.
 */
function voteClosed(
  slot: Slot,
  command: Command,
  { floor, closedTo: stay }: { readonly floor: Slot; readonly closedTo: number },
): Voted {
  const { kind, key } = command;
  if (kind === 'fetch') {
    // G7: that the stay is closed says all that its promises did.
    const left = command.forgets === true && !isEmpty(slot) ? EMPTY_SLOT : slot;
    return { slot: left, floor, reply: reportOf(left, floor, command) };
  }
  if (kind !== 'copy') return { slot, floor, reply: { kind: 'closed', key, stay } };
  const { accepted: ballot, value } = command;
  const isNewer = compareBallots(ballot, slot.accepted) > 0;
  const after = isNewer ? { promised: maxBallot(slot.promised, ballot), accepted: ballot, value } : slot;
  return { slot: after, floor, reply: { kind: 'copied', key, accepted: after.accepted } };
}

/** What there is can be told; that the vote is not given is said where somebody waits for it, and nothing changes. */
export function voteWithoutSpace(
  slot: Slot,
  command: Command,
  around: Pick<Surroundings, 'floor' | 'closedTo'>,
): Reply {
  const { key } = command;
  switch (command.kind) {
    case 'read':
      return readReply(slot, command, around);
    case 'fetch':
      // G1: that the stay is closed is told once it is on disk.
      if (around.closedTo !== undefined) return reportOf(slot, around.floor, command);
      return { kind: 'full', key, phase: 'prepare', counter: command.serial };
    case 'collect':
      return { kind: 'collected', key, counter: command.ballot.counter, isGone: slot.accepted.counter === 0 };
    case 'copy':
      return { kind: 'copied', key, accepted: slot.accepted };
    case 'begin':
      return { kind: 'full', key, phase: 'prepare', counter: command.serial };
    case 'accept':
      return { kind: 'full', key, phase: 'accept', counter: command.ballot.counter };
    case 'prepare':
    case 'floor':
      return { kind: 'full', key, phase: 'prepare', counter: command.ballot.counter };
  }
}

export function readReply(
  slot: Slot,
  command: ReadCommand,
  { floor, closedTo }: Pick<Surroundings, 'floor' | 'closedTo'>,
): Reply {
  if (closedTo !== undefined) return { kind: 'closed', key: command.key, stay: closedTo };
  return reportOf(slot, floor, command);
}

export function isReadCommand(command: Command): command is ReadCommand {
  return command.kind === 'read';
}

function reportOf(
  slot: Slot,
  floor: Slot,
  { key, serial }: { readonly key: string; readonly serial: number },
): Reply {
  return { kind: 'report', key, serial, ...shown(slot, floor) };
}

/** D3: a register without anything accepted begins with what is left of those that were collected. */
function shown(slot: Slot, floor: Slot): Pick<Slot, 'accepted' | 'value'> {
  const { accepted, value } = read(slot);
  return { accepted, value: accepted.counter === 0 ? floor.value : value };
}

function refusal({ seen }: { readonly seen: Slot['promised'] }, key: string, counter: number): Reply {
  return { kind: 'conflict', key, phase: 'prepare', counter, seen };
}
