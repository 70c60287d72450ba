// The acceptor as an actor: applies the commands of a whole turn to their slots, and answers each proposer
// in one message. What a vote is, is protocol/acceptor.ts; durability before speech is the runtime's (A3).

import { accept, EMPTY_SLOT, prepare, read, type Slot } from '../protocol/acceptor.ts';
import type { Command, Reply } from '../protocol/messages.ts';
import type { Actor, Turn } from './actor.ts';
import { SlotCache } from './slot-cache.ts';

export interface AcceptorInput {
  readonly proposer: string;
  readonly commands: readonly Command[];
}

export interface AcceptorOutput {
  readonly proposer: string;
  readonly replies: readonly Reply[];
}

interface AcceptorOptions {
  readonly cacheBytesMax: number;
}

export class AcceptorActor implements Actor<AcceptorInput, AcceptorOutput> {
  readonly #cache: SlotCache;

  constructor({ cacheBytesMax }: AcceptorOptions) {
    this.#cache = new SlotCache(cacheBytesMax);
  }

  missing(inputs: readonly AcceptorInput[]): readonly string[] {
    const keys = new Set<string>();
    for (const { commands } of inputs) {
      for (const { key } of commands) if (!this.#cache.has(key)) keys.add(key);
    }
    return [...keys];
  }

  step(inputs: readonly AcceptorInput[], loaded: ReadonlyMap<string, Slot>): Turn<AcceptorOutput> {
    const persist = new Map<string, Slot>();
    const touched = new Map<string, Slot>();
    const replies = new Map<string, Reply[]>();
    for (const { proposer, commands } of inputs) {
      const own = replies.get(proposer) ?? [];
      replies.set(proposer, own);
      for (const command of commands) {
        const { key } = command;
        const slot = touched.get(key) ?? this.#cache.get(key) ?? loaded.get(key) ?? EMPTY_SLOT;
        const step = vote(slot, command);
        touched.set(key, step.slot);
        if (step.slot !== slot) persist.set(key, step.slot);
        own.push(step.reply);
      }
    }
    for (const [key, slot] of touched) this.#cache.put(key, slot);
    const send = [...replies].map(([proposer, own]) => ({ proposer, replies: own }));
    return { persist, send, wakeAtMs: undefined };
  }
}

function vote(slot: Slot, command: Command): { readonly slot: Slot; readonly reply: Reply } {
  const { key } = command;
  switch (command.kind) {
    case 'prepare': {
      const { counter } = command.ballot;
      const step = prepare(slot, command.ballot);
      if (step.reply.kind === 'promised') return { slot: step.slot, reply: { ...step.reply, key, counter } };
      return { slot: step.slot, reply: { ...step.reply, key, counter, phase: 'prepare' } };
    }
    case 'accept': {
      const { counter } = command.ballot;
      const step = accept(slot, command.ballot, command.value, command.next);
      if (step.reply.kind === 'accepted') return { slot: step.slot, reply: { ...step.reply, key, counter } };
      return { slot: step.slot, reply: { ...step.reply, key, counter, phase: 'accept' } };
    }
    case 'read':
      return { slot, reply: { ...read(slot), key, serial: command.serial } };
  }
}
