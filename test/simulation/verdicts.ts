// The judgement of a whole run, by what its clients were told. Throws the Violation it finds.

import {
  type ClockBounds,
  expiryModel,
  type TimedCall,
  timedOperationsOf,
} from '../../src/history/expiry-model.ts';
import { printExplanation } from '../../src/history/explanation.ts';
import { type HistoryEvent, operationsOf, type SynodOutcome } from '../../src/history/history.ts';
import { checkLinearizable, type Verdict } from '../../src/history/linearizability.ts';
import { lockModel } from '../../src/history/lock-model.ts';
import { synodModel } from '../../src/history/register-models.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import type { View } from '../../src/protocol/state.ts';
import { sameValue, type Value } from '../../src/protocol/value.ts';
import { describeView } from './description.ts';
import type { Plan, Profile } from './plan.ts';
import { Violation } from './violation.ts';

type RegisterModel = ReturnType<typeof synodModel>;

/** A list only grows: a state that is not the beginning of what was shown will never be. */
function ofList(model: RegisterModel): RegisterModel {
  return {
    ...model,
    hopeless: (state, call, outcome) => {
      if (outcome.kind !== 'failed' && !isBeginning(state.value, outcome.shown.value)) return true;
      return model.hopeless?.(state, call, outcome) ?? false;
    },
  };
}

function isBeginning(list: Value | undefined, longer: Value | undefined): boolean {
  if (!Array.isArray(list) || !Array.isArray(longer)) return true;
  return list.every((token, i) => token === longer[i]);
}

function modelOf(profile: Profile, model: RegisterModel): RegisterModel {
  if (profile === 'lease') return lockModel(model);
  return profile === 'list' ? ofList(model) : model;
}

function registersOf(profile: Profile, { collects, isCrowded }: Judged): RegisterModel {
  // Where all keys of a partition are one, its versions go on where they were.
  const jumps = isCrowded && collects !== undefined && profile !== 'lease' && profile !== 'account';
  return synodModel(BUILT_IN_CHANGES, { collects: collects !== undefined, jumps });
}

/** Histories of these sizes take some hundred; a search that needs more says nothing about the product. */
const CONFIGURATIONS_PER_KEY_MAX = 100_000;

const OPTIONS = { configurationsPerKeyMax: CONFIGURATIONS_PER_KEY_MAX };

type Judged = Pick<Plan, 'keys' | 'collects' | 'isCrowded'>;

/** @returns whether the checker could tell for every key. */
export function judgeLinearizability(
  plan: Judged,
  history: readonly HistoryEvent[],
  clocks: ClockBounds,
): boolean {
  let isDecided = true;
  for (const { key, profile } of plan.keys) {
    const events = history.filter(event => event.key === key);
    const registers = registersOf(profile, plan);
    const verdict =
      profile === 'fleeting'
        ? fleetingVerdict(registers, events, clocks)
        : checkLinearizable(modelOf(profile, registers), operationsOf(events), OPTIONS);
    if (verdict.kind === 'not-linearizable') {
      throw new Violation('linearizability', printExplanation(verdict.explanation));
    }
    isDecided &&= verdict.kind === 'linearizable';
  }
  return isDecided;
}

function fleetingVerdict(
  registers: RegisterModel,
  events: readonly HistoryEvent[],
  clocks: ClockBounds,
): Verdict<TimedCall, SynodOutcome> {
  const operations = timedOperationsOf(events);
  return checkLinearizable(expiryModel(registers, clocks, operations), operations, OPTIONS);
}

/** Once nothing goes on any more, everybody reads the same. */
export function judgeAgreement(key: string, views: readonly View[]): void {
  const [first, ...others] = views;
  if (first === undefined) return;
  for (const other of others) {
    if (other.version === first.version && other.set === first.set && sameValue(other.value, first.value))
      continue;
    throw new Violation(
      'reads agree',
      `'${key}' is ${describeView(first)} and ${describeView(other)} at the end`,
    );
  }
}

/**
 * R1, seen by the tokens that were appended to a list and by nothing else: what was acknowledged is there once,
 * what was refused is not there, and what is unknown is there at most once.
 * @returns how many of the unknown are there.
 */
export function judgeTokens(key: string, view: View, history: readonly HistoryEvent[]): number {
  let surprises = 0;
  const left = new Map<Value, number>();
  for (const token of Array.isArray(view.value) ? view.value : [])
    left.set(token, (left.get(token) ?? 0) + 1);
  for (const { token, fate } of appendedTo(key, history)) {
    const times = left.get(token) ?? 0;
    left.delete(token);
    const isRight = fate === 'info' ? times <= 1 : times === (fate === 'ok' ? 1 : 0);
    if (!isRight) throw wrongTimes(key, { token, times, fate });
    if (fate === 'info') surprises += times;
  }
  for (const [token, times] of left) throw wrongTimes(key, { token, times, fate: 'never asked for' });
  return surprises;
}

interface Appended {
  readonly token: Value;
  readonly fate: HistoryEvent['type'];
}

function appendedTo(key: string, history: readonly HistoryEvent[]): readonly Appended[] {
  const appended: Appended[] = [];
  const open = new Map<number, Value>();
  for (const event of history) {
    if (event.key !== key) continue;
    if (event.type === 'invoke') {
      if (event.operation === 'variable.change') open.set(event.process, event.args?.[0] ?? null);
      continue;
    }
    const token = open.get(event.process);
    if (token !== undefined) appended.push({ token, fate: event.type });
    open.delete(event.process);
  }
  return appended;
}

function wrongTimes(key: string, found: { token: Value; times: number; fate: string }): Violation {
  const { token, times, fate } = found;
  return new Violation(
    'R1 an acknowledged request is applied exactly once',
    `Token ${JSON.stringify(token)} is ${times} times in the list '${key}', and its append ended as: ${fate}`,
  );
}
