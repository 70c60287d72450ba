// One acceptor: what a command makes of it, and the reply.

import { EMPTY_SLOT } from '../../src/protocol/acceptor.ts';
import { filterOf } from '../../src/protocol/filter.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import type { Acceptor, Rules } from './scope.ts';

export function vote(
  rules: Rules,
  acceptor: Acceptor,
  command: Command,
): { readonly slot: Acceptor; readonly reply: Reply } {
  const { key } = command;
  const { floor, epoch } = acceptor;
  switch (command.kind) {
    case 'prepare': {
      const { counter } = command.ballot;
      const lifted = rules.underFloor(acceptor, floor);
      const { slot, reply } = rules.prepare(lifted, command.ballot);
      const after = slot === lifted ? acceptor : { ...slot, floor, epoch };
      if (reply.kind === 'promised') return { slot: after, reply: { ...reply, key, counter } };
      return { slot: after, reply: { ...reply, key, counter, phase: 'prepare' } };
    }
    case 'accept': {
      const { counter } = command.ballot;
      const lifted = rules.underFloor(acceptor, floor);
      const { slot, reply } = rules.accept(lifted, command.ballot, command.value, command.next);
      const after = slot === lifted ? acceptor : { ...slot, floor, epoch };
      if (reply.kind === 'accepted') return { slot: after, reply: { ...reply, key, counter } };
      return { slot: after, reply: { ...reply, key, counter, phase: 'accept' } };
    }
    case 'copy': {
      const { accepted: ballot, value } = command;
      const lifted = rules.underFloor(acceptor, floor);
      const { slot } = rules.accept(lifted, ballot, value, ballot);
      const after = slot === lifted ? acceptor : { ...slot, floor, epoch };
      return { slot: after, reply: { kind: 'copied', key, accepted: after.accepted } };
    }
    case 'read':
      return { slot: acceptor, reply: { ...rules.read(acceptor), key, serial: command.serial } };
    case 'collect':
    case 'fetch':
    case 'begin':
      throw new TypeError('Nobody collects or moves here');
    case 'floor': {
      const { counter } = command.ballot;
      const { slot, reply } = rules.prepare({ ...EMPTY_SLOT, promised: floor }, command.ballot);
      if (reply.kind === 'conflict')
        return { slot: acceptor, reply: { ...reply, key, counter, phase: 'prepare' } };
      const filter = filterOf(rules.floorKeys(acceptor));
      return {
        slot: { ...acceptor, floor: slot.promised },
        reply: { kind: 'floored', key, counter, filter },
      };
    }
  }
}
