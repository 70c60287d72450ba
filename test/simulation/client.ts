// One client: a call at a time, each through one or more attempts, until it knows the outcome or gives up.

import type { Shown, SynodCall } from '../../src/history/history.ts';
import { FORGOTTEN } from '../../src/protocol/register.ts';
import type { ServiceAnswer } from '../../src/transport/reply-codec.ts';
import type { Cluster } from './cluster.ts';
import { describeCall, describeView } from './description.ts';
import type { Ending, Recorded, Recorder } from './recorder.ts';
import { isReadCall, operationOf } from './workload.ts';
import type { World } from './world.ts';

/** A call with how patient the client is with it. */
export interface Task {
  readonly key: string;
  readonly call: SynodCall;
  readonly id: string | undefined;
  readonly timeoutMs: number;
  readonly silenceMs: number;
  readonly attemptsMax: number;
  /** Whether it ends at once when the register has forgotten its id, after which no retry is told more (R4). */
  readonly endsForgotten?: boolean;
}

export interface ClientParts {
  readonly name: string;
  readonly cluster: Cluster;
  readonly recorder: Recorder;
}

/** An attempt: how many came before, and whether one of those may still take effect. */
interface Attempt {
  readonly number: number;
  readonly isOpen: boolean;
}

const UNSEEN: Shown = { set: false, version: 0 };
const PAUSE_MS = 10;

export class Client {
  readonly name: string;
  readonly #world: World;
  readonly #cluster: Cluster;
  readonly #recorder: Recorder;
  readonly #seen = new Map<string, Shown>();
  #process: number;

  constructor(world: World, { name, cluster, recorder }: ClientParts) {
    this.name = name;
    this.#world = world;
    this.#cluster = cluster;
    this.#recorder = recorder;
    this.#process = recorder.newProcess();
  }

  /** What the client saw of a key last. */
  seen(key: string): Shown {
    return this.#seen.get(key) ?? UNSEEN;
  }

  perform(task: Task, onEnd: (ending: Ending) => void): void {
    const { key, call, id } = task;
    const recorded = { process: this.#process, key, call };
    this.#recorder.invoke(recorded, id);
    this.#world.trace.note(this.name, () => `calls ${describeCall(key, call)} ${id ?? 'without id'}`);
    this.#attempt(task, { number: 1, isOpen: false }, ending => {
      this.#end(recorded, ending);
      onEnd(ending);
    });
  }

  #end(recorded: Recorded, ending: Ending): void {
    this.#recorder.complete(recorded, ending);
    this.#world.trace.note(this.name, () => describeEnding(ending));
    if (
      ending.kind === 'refused' &&
      ending.code === 'rejected' &&
      recorded.call.operation === 'variable.write'
    )
      this.#world.coverage.count('plain write refused to an account');
    if (ending.kind === 'ok' || ending.kind === 'refused') this.#seen.set(recorded.key, ending.view);
    if (ending.kind !== 'unknown') return;
    this.#world.coverage.count('outcome unknown to the client');
    // A process that does not know what it did is never heard of again: the client goes on as another.
    this.#process = this.#recorder.newProcess();
  }

  #attempt(task: Task, attempt: Attempt, onEnd: (ending: Ending) => void): void {
    const { key, call, id, timeoutMs, silenceMs } = task;
    const { dice, events } = this.#world;
    let isOver = false;
    const once = (act: () => void): void => {
      if (isOver) return;
      isOver = true;
      act();
    };
    const answer = (answer: ServiceAnswer): void =>
      once(() => this.#onAnswer(answer, { task, attempt, onEnd }));
    this.#cluster.request(this.name, {
      key,
      request: { operation: operationOf(call), id },
      timeoutMs,
      answer,
    });
    events.after(silenceMs * dice.between(0.8, 1.2), () => {
      once(() => this.#again('silence', { task, attempt: { ...attempt, isOpen: true }, onEnd }));
    });
  }

  #onAnswer(answer: ServiceAnswer, trial: Trial): void {
    const { attempt, onEnd } = trial;
    switch (answer.kind) {
      case 'done':
        onEnd({ kind: 'ok', view: answer.view, duplicate: answer.duplicate });
        break;
      case 'refused':
        if (attempt.isOpen) this.#world.coverage.count('refusal after an open attempt');
        onEnd({
          kind: 'refused',
          view: answer.view,
          code: answer.code,
          // Also of a first attempt, when two proposers had it in hand and the other one refused it before.
          duplicate: attempt.isOpen || answer.duplicate === true,
        });
        break;
      case 'unknown':
        if (trial.task.endsForgotten && answer.why === FORGOTTEN.why)
          onEnd({ kind: 'unknown', why: answer.why });
        else this.#again('unknown', { ...trial, attempt: { ...attempt, isOpen: true } });
        break;
      case 'no_quorum':
      case 'storage_full':
      case 'overloaded':
        this.#again(answer.kind, trial);
        break;
    }
  }

  /** Another attempt, if that is harmless and worth it; else what is known by now. */
  #again(why: string, { task, attempt, onEnd }: Trial): void {
    const isHarmless = !attempt.isOpen || task.id !== undefined || isReadCall(task.call);
    if (attempt.number < task.attemptsMax && isHarmless) {
      const next = { ...attempt, number: attempt.number + 1 };
      this.#world.trace.note(this.name, () => `tries again after ${why}`);
      const { events, dice } = this.#world;
      events.after(dice.between(0, PAUSE_MS), () => this.#attempt(task, next, onEnd));
    } else if (attempt.isOpen) {
      onEnd({ kind: 'unknown', why });
    } else {
      onEnd({ kind: 'failed', code: why });
    }
  }
}

interface Trial {
  readonly task: Task;
  readonly attempt: Attempt;
  readonly onEnd: (ending: Ending) => void;
}

function describeEnding(ending: Ending): string {
  switch (ending.kind) {
    case 'ok':
      return `is told ok ${describeView(ending.view)}${ending.duplicate ? ' (duplicate)' : ''}`;
    case 'refused':
      return `is told ${ending.code} ${describeView(ending.view)}`;
    case 'failed':
      return `is told ${ending.code}`;
    case 'unknown':
      return `gives up after ${ending.why}`;
  }
}
