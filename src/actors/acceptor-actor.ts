// The acceptor as an actor: applies the commands of a whole turn to their slots, and answers each proposer
// in one message. What a vote is, is protocol/acceptor.ts; durability before speech is the runtime's (A3).

import { accept, EMPTY_SLOT, prepare, read, type Slot } from '../protocol/acceptor.ts';
import type { Command, Reply } from '../protocol/messages.ts';
import { type Actor, NOTHING_TO_PERSIST, type Turn } from './actor.ts';
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
  /** What the last step made of the slots: to be remembered once it is durable, which it is at the next step. */
  #stepped: ReadonlyMap<string, Slot> = NOTHING_TO_PERSIST;

  constructor({ cacheBytesMax }: AcceptorOptions) {
    this.#cache = new SlotCache(cacheBytesMax);
  }

  missing(inputs: readonly AcceptorInput[]): readonly string[] {
    this.#remember();
    const keys = new Set<string>();
    for (const { commands } of inputs) {
      for (const { key } of commands) if (!this.#cache.has(key)) keys.add(key);
    }
    return [...keys];
  }

  step(inputs: readonly AcceptorInput[], loaded: ReadonlyMap<string, Slot>): Turn<AcceptorOutput> {
    this.#remember();
    const persist = new Map<string, Slot>();
    const touched = new Map<string, Slot>();
    const send = answered(inputs, command => {
      const { key } = command;
      const slot = touched.get(key) ?? this.#slot(key, loaded);
      const step = vote(slot, command);
      touched.set(key, step.slot);
      if (step.slot !== slot) persist.set(key, step.slot);
      return step.reply;
    });
    this.#stepped = touched;
    return { persist, send, wakeAtMs: undefined };
  }

  /** Nothing of the last step came to be: its votes are not given, and reads show the slots as they were. */
  withoutSpace(
    inputs: readonly AcceptorInput[],
    loaded: ReadonlyMap<string, Slot>,
  ): readonly AcceptorOutput[] {
    this.#stepped = NOTHING_TO_PERSIST;
    return answered(inputs, command => {
      const { kind, key } = command;
      if (kind === 'read') return vote(this.#slot(key, loaded), command).reply;
      return { kind: 'full', key, phase: kind, counter: command.ballot.counter };
    });
  }

  #remember(): void {
    for (const [key, slot] of this.#stepped) this.#cache.put(key, slot);
    this.#stepped = NOTHING_TO_PERSIST;
  }

  #slot(key: string, loaded: ReadonlyMap<string, Slot>): Slot {
    return this.#cache.get(key) ?? loaded.get(key) ?? EMPTY_SLOT;
  }
}

/** Answers every command in order; the replies to one proposer travel together. */
function answered(
  inputs: readonly AcceptorInput[],
  answer: (command: Command) => Reply,
): readonly AcceptorOutput[] {
  const replies = new Map<string, Reply[]>();
  for (const { proposer, commands } of inputs) {
    const own = replies.get(proposer) ?? [];
    replies.set(proposer, own);
    for (const command of commands) own.push(answer(command));
  }
  return [...replies].map(([proposer, own]) => ({ proposer, replies: own }));
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
