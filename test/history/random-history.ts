// Random histories that are linearizable by construction: processes call, each call takes effect on a real
// register at one moment, and is answered later, or never, or takes effect after it was given up.

import type { HistoryEvent, SynodCall } from '../../src/history/history.ts';
import { type Answer, SequentialRegister } from './sequential-register.ts';

/** A number from 0 to below `bound`: all chance comes from here, so that fast-check can shrink it. */
export type Choose = (bound: number) => number;

export interface HistoryPlan {
  readonly processes: number;
  /** Calls to be made; all are made unless `steps` run out. */
  readonly calls: number;
  readonly steps: number;
  readonly keys: readonly string[];
  /** One answer in so many is lost; 0: every call is answered. */
  readonly lossOneIn: number;
  readonly call: (choose: Choose, key: string) => SynodCall;
}

interface Work {
  readonly key: string;
  readonly call: SynodCall;
  answer?: Answer;
}
interface Actor {
  process: number;
  work: Work | undefined;
}

export function randomHistory(choose: Choose, plan: HistoryPlan): HistoryEvent[] {
  const recording = new Recording(plan, choose);
  for (let step = 0; step < plan.steps; step++) recording.step();
  if (plan.lossOneIn === 0) recording.answerAll();
  return recording.events;
}

class Recording {
  readonly events: HistoryEvent[] = [];
  readonly #plan: HistoryPlan;
  readonly #choose: Choose;
  readonly #registers = new Map<string, SequentialRegister>();
  readonly #actors: readonly Actor[];
  /** Given up by their callers, and still to take effect. */
  readonly #adrift: Work[] = [];
  #calls = 0;
  #processes: number;

  constructor(plan: HistoryPlan, choose: Choose) {
    this.#plan = plan;
    this.#choose = choose;
    this.#actors = Array.from({ length: plan.processes }, (_, process) => ({ process, work: undefined }));
    this.#processes = plan.processes;
  }

  step(): void {
    const chosen = this.#choose(this.#actors.length + this.#adrift.length);
    const actor = this.#actors[chosen];
    if (actor === undefined) {
      for (const work of this.#adrift.splice(chosen - this.#actors.length, 1)) this.#takeEffect(work);
    } else if (actor.work === undefined) {
      this.#call(actor);
    } else if (this.#plan.lossOneIn > 0 && this.#choose(this.#plan.lossOneIn) === this.#plan.lossOneIn - 1) {
      this.#lose(actor, actor.work);
    } else if (actor.work.answer === undefined) {
      this.#takeEffect(actor.work);
    } else {
      this.#answer(actor, actor.work, actor.work.answer);
    }
  }

  answerAll(): void {
    for (const actor of this.#actors) {
      if (actor.work !== undefined) {
        this.#answer(actor, actor.work, actor.work.answer ?? this.#takeEffect(actor.work));
      }
    }
  }

  #call(actor: Actor): void {
    if (this.#calls === this.#plan.calls) return;
    this.#calls += 1;
    const key = this.#plan.keys[this.#choose(this.#plan.keys.length)] ?? '';
    actor.work = { key, call: this.#plan.call(this.#choose, key) };
    this.events.push({
      ...actor.work.call,
      type: 'invoke',
      process: actor.process,
      key,
      time: this.events.length,
    });
  }

  #takeEffect(work: Work): Answer {
    const register = this.#registers.get(work.key) ?? new SequentialRegister();
    this.#registers.set(work.key, register);
    work.answer = register.answer(work.call);
    return work.answer;
  }

  #answer(actor: Actor, { key, call }: Work, answer: Answer): void {
    const { operation } = call;
    this.events.push({ ...answer, process: actor.process, operation, key, time: this.events.length });
    actor.work = undefined;
  }

  #lose(actor: Actor, work: Work): void {
    const { key, call, answer } = work;
    const { operation } = call;
    this.events.push({ type: 'info', process: actor.process, operation, key, time: this.events.length });
    if (answer === undefined) this.#adrift.push(work);
    actor.work = undefined;
    actor.process = this.#processes;
    this.#processes += 1;
  }
}

const MIXED = ['a.variable', 'b.register', 'c.switch'];

/** Few processes, values and versions, so that operations meet and refuse each other often. */
export function smallPlan(calls: number, keys: readonly string[] = MIXED): HistoryPlan {
  return { processes: 3, calls, steps: calls * 6, keys, lossOneIn: 5, call: mixedCall };
}

/** A call of the kind that the name of the key says, or now and then of another. */
export function mixedCall(choose: Choose, key: string): SynodCall {
  const kind = choose(10) === 9 ? choose(3) : MIXED.indexOf(key);
  if (kind === 1)
    return choose(2) === 0
      ? { operation: 'register.read' }
      : { operation: 'register.write', value: choose(2) };
  if (kind === 2) return { operation: choose(2) === 0 ? 'switch.read' : 'switch.set' };
  return variableCall(choose, { value: choose(3), version: choose(4) });
}

/** For histories in which every change is one version: a delete of an unset variable is none. */
export function withoutDelete(plan: HistoryPlan): HistoryPlan {
  return {
    ...plan,
    call(choose, key) {
      const call = plan.call(choose, key);
      return call.operation === 'variable.delete' ? { operation: 'variable.read' } : call;
    },
  };
}

/** Any operation of a variable; conditions are on `version` or on a value. */
export function variableCall(
  choose: Choose,
  { value, version }: { value: number; version: number },
): SynodCall {
  switch (choose(8)) {
    case 0:
      return { operation: 'variable.write', value };
    case 1:
      return { operation: 'variable.create', value };
    case 2:
      return { operation: 'variable.cas', value, version };
    case 3:
      return { operation: 'variable.cas', value, expect: choose(3) };
    case 4:
      return choose(2) === 0 ? { operation: 'variable.delete' } : { operation: 'variable.delete', version };
    case 5:
      return { operation: 'variable.change', change: 'add', args: [value] };
    default:
      return { operation: 'variable.read' };
  }
}

/** Choices from a list, then always 0: shrinking the list shrinks the history. */
export function choicesFrom(list: readonly number[]): Choose {
  let taken = 0;
  return bound => {
    const choice = list[taken] ?? 0;
    taken += 1;
    return choice % bound;
  };
}

/** Choices without end from a seed (mulberry32). */
export function choicesFromSeed(seed: number): Choose {
  let state = seed;
  return bound => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}
