// One acceptor: what a command makes of it, and the reply.

import { EMPTY_SLOT, type Slot } from '../../src/protocol/acceptor.ts';
import { filterOf, printsOf } from '../../src/protocol/filter.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import { keyIn, stayOf } from '../../src/protocol/stays.ts';
import { mergedRemains } from '../../src/transport/state-codec.ts';
import { type Acceptor, KEY, type Rules } from './scope.ts';

interface Voted {
  readonly slot: Acceptor;
  readonly reply: Reply;
}

export function vote(rules: Rules, acceptor: Acceptor, command: Command): Voted {
  const stay = stayOf(command.key) ?? 0;
  const { floor, remains, epoch, closedTo = -1 } = acceptor;
  const before: Acceptor = { ...registerOf(rules, acceptor, command.key), floor, remains, epoch };
  const isClosed = command.kind === 'fetch' || stay <= closedTo;
  const closed = Math.max(closedTo, stay);
  const { slot: after, reply } = isClosed
    ? voteClosed(rules, before, command, closed)
    : voteOpen(rules, before, command);
  if (after === before && (!isClosed || closed === closedTo)) return { slot: acceptor, reply };
  const { promised, accepted, value } = after;
  const own = { promised, accepted, value };
  const isReturned = rules.hasOwnName(stay);
  const slot: Acceptor = {
    ...(isReturned ? pick(acceptor) : own),
    floor: after.floor,
    remains: after.remains,
    epoch,
    closedTo: isClosed ? closed : acceptor.closedTo,
    returned: isReturned ? own : acceptor.returned,
  };
  return { slot, reply };
}

/** What an acceptor has of the register of that name. */
export function registerOf(rules: Rules, acceptor: Acceptor, name: string): Slot {
  return rules.hasOwnName(stayOf(name) ?? 0) ? (acceptor.returned ?? EMPTY_SLOT) : pick(acceptor);
}

function pick({ promised, accepted, value }: Slot): Slot {
  return { promised, accepted, value };
}

function voteOpen(rules: Rules, acceptor: Acceptor, command: Command): Voted {
  const { key } = command;
  const { floor, remains, epoch } = acceptor;
  switch (command.kind) {
    case 'prepare': {
      const { counter } = command.ballot;
      const lifted = rules.underFloor(acceptor, floor);
      const { slot, reply } = rules.prepare(lifted, command.ballot);
      const after = slot === lifted ? acceptor : { ...slot, floor, remains, epoch };
      if (reply.kind === 'promised')
        return { slot: after, reply: { ...reply, ...shown(acceptor), key, counter } };
      return { slot: after, reply: { ...reply, key, counter, phase: 'prepare' } };
    }
    case 'accept': {
      const { counter } = command.ballot;
      const lifted = rules.underFloor(acceptor, floor);
      const { slot, reply } = rules.accept(lifted, command.ballot, command.value, command.next);
      const after = slot === lifted ? acceptor : { ...slot, floor, remains, epoch };
      if (reply.kind === 'accepted') return { slot: after, reply: { ...reply, key, counter } };
      return { slot: after, reply: { ...reply, key, counter, phase: 'accept' } };
    }
    case 'copy': {
      const { accepted: ballot, value } = command;
      const lifted = rules.underFloor(acceptor, floor);
      const { slot } = rules.accept(lifted, ballot, value, ballot);
      const after = slot === lifted ? acceptor : { ...slot, floor, remains, epoch };
      return { slot: after, reply: { kind: 'copied', key, accepted: after.accepted } };
    }
    case 'read':
      return {
        slot: acceptor,
        reply: { ...rules.read(acceptor), ...shown(acceptor), key, serial: command.serial },
      };
    case 'collect': {
      const { promised, accepted, value } = acceptor;
      const slot = { promised, accepted, value };
      const floorSlot = { ...EMPTY_SLOT, promised: floor, value: remains };
      const merged = mergedRemains(remains, command.remains);
      const after = rules.collect(slot, floorSlot, { ...command, remains: merged });
      const isGone = after.slot.accepted.counter === 0;
      const reply = { kind: 'collected', key, counter: command.ballot.counter, isGone } as const;
      if (after.slot === slot) return { slot: acceptor, reply };
      return {
        slot: { ...after.slot, floor: after.floor.promised, remains: after.floor.value, epoch },
        reply,
      };
    }
    case 'fetch':
      throw new TypeError('Only a closed stay is fetched');
    case 'begin':
      throw new TypeError('Nothing was collected before it moves');
    case 'floor': {
      const { counter } = command.ballot;
      const { slot, reply } = rules.prepare({ ...EMPTY_SLOT, promised: floor }, command.ballot);
      if (reply.kind === 'conflict')
        return { slot: acceptor, reply: { ...reply, key, counter, phase: 'prepare' } };
      const filter = filterOf(printsOf(rules.floorKeys(acceptor)));
      return {
        slot: { ...acceptor, floor: slot.promised },
        reply: { kind: 'floored', key, counter, filter, ...(remains.length === 0 ? {} : { remains }) },
      };
    }
  }
}

/** G1: asked for a key, or for none, it closes the stay before it answers. */
function voteClosed(rules: Rules, acceptor: Acceptor, command: Command, closedTo: number): Voted {
  const { floor, remains } = acceptor;
  const slot = keyIn(command.key) === KEY ? acceptor : { ...EMPTY_SLOT };
  const floorSlot = { ...EMPTY_SLOT, promised: floor, value: remains };
  const voted = rules.voteClosed(slot, command, { floor: floorSlot, prints: () => undefined, closedTo });
  return { slot: voted.slot === slot ? acceptor : { ...acceptor, ...voted.slot }, reply: voted.reply };
}

/** With nothing accepted it shows what is left of an earlier life (D3). */
function shown({ accepted, value, remains }: Acceptor): Pick<Acceptor, 'accepted' | 'value'> {
  return { accepted, value: accepted.counter === 0 ? remains : value };
}
