// One acceptor: what a command makes of its slot, and the reply.

import type { Slot } from '../../src/protocol/acceptor.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import type { Rules } from './scope.ts';

export function vote(
  rules: Rules,
  slot: Slot,
  command: Command,
): { readonly slot: Slot; readonly reply: Reply } {
  const { key } = command;
  switch (command.kind) {
    case 'prepare': {
      const { counter } = command.ballot;
      const { slot: after, reply } = rules.prepare(slot, command.ballot);
      if (reply.kind === 'promised') return { slot: after, reply: { ...reply, key, counter } };
      return { slot: after, reply: { ...reply, key, counter, phase: 'prepare' } };
    }
    case 'accept': {
      const { counter } = command.ballot;
      const { slot: after, reply } = rules.accept(slot, command.ballot, command.value, command.next);
      if (reply.kind === 'accepted') return { slot: after, reply: { ...reply, key, counter } };
      return { slot: after, reply: { ...reply, key, counter, phase: 'accept' } };
    }
    case 'read':
      return { slot, reply: { ...rules.read(slot), key, serial: command.serial } };
  }
}
