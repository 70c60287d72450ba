// What a run came to: is the history linearizable, was each acknowledged token applied once, and was there enough
// work before, during and after each fault for any of that to mean something.

import { printExplanation } from '../../src/history/explanation.ts';
import { type HistoryEvent, operationsOf } from '../../src/history/history.ts';
import { checkLinearizable } from '../../src/history/linearizability.ts';
import { synodModel } from '../../src/history/register-models.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import { OPERATION_KINDS } from '../../src/protocol/operation.ts';
import type { Recorder, Sample } from './recorder.ts';
import type { Step } from './scenario.ts';

/** Answers a second, of all clients together, below which a time counts as not served. */
const ANSWERS_PER_SECOND_MIN = 20;
/** What a fault may take to be overcome, and its target to come back: not looked at for a minimum of work. */
const SETTLING_MS = 1000;
/** Between one fault and the next; of a shorter time a busy machine may take all for itself. */
const AFTER_MS_MIN = 1000;

/** A step, and when it really came: milliseconds since the start of the run. */
export interface Taken {
  readonly step: Pick<Step, 'fault' | 'targets' | 'mustServe'>;
  /** From `fromMs` to `struckMs` the fault was being done, from `untilMs` to `healedMs` undone. */
  readonly fromMs: number;
  readonly struckMs: number;
  readonly untilMs: number;
  readonly healedMs: number;
}

interface Course {
  readonly taken: readonly Taken[];
  readonly durationMs: number;
  /** Fewer are as good as none. A machine that is busy with other work does less. */
  readonly answersPerSecondMin?: number | undefined;
}

/** Sentences about what is wrong; none for a good run. */
export function verdictOf(
  { events, samples }: Pick<Recorder, 'events' | 'samples'>,
  { isHot, ...course }: Course & { readonly isHot: boolean },
): readonly string[] {
  const always = [...tokens(events), ...idleness(samples, course)];
  // One list of thousands is too long a history to search; its tokens say enough.
  return isHot ? always : [...linearizability(events), ...always, ...untried(samples)];
}

export function linearizability(events: readonly HistoryEvent[]): readonly string[] {
  const verdict = checkLinearizable(synodModel(BUILT_IN_CHANGES), operationsOf(events));
  return verdict.kind === 'linearizable' ? [] : [`${verdict.kind}: ${printExplanation(verdict.explanation)}`];
}

/** Every token was given to one `append`, so the last read of its list tells how often that took effect. */
export function tokens(events: readonly HistoryEvent[]): readonly string[] {
  const lists = new Map<string, readonly unknown[]>();
  const fates = new Map<string, { readonly key: string; fate: HistoryEvent['type'] }>();
  const open = new Map<number, string>();
  for (const event of events) {
    if (event.type === 'invoke') {
      const token = tokenOf(event);
      open.set(event.process, token ?? '');
      if (token !== undefined) fates.set(token, { key: event.key, fate: 'info' });
      continue;
    }
    const fate = fates.get(open.get(event.process) ?? '');
    if (fate !== undefined) fate.fate = event.type;
    // A list that is gone has none of them.
    if (event.type === 'ok' && event.operation === 'variable.read')
      lists.set(event.key, Array.isArray(event.value) ? event.value : []);
  }
  return [...fates].flatMap(([token, { key, fate }]) => {
    const times = lists.get(key)?.filter(item => item === token).length ?? 0;
    const isRight = fate === 'ok' ? times === 1 : fate === 'fail' ? times === 0 : times <= 1;
    return isRight ? [] : [`'${token}' was answered ${fate} and is ${times} times in ${key}`];
  });
}

function tokenOf(event: Extract<HistoryEvent, { type: 'invoke' }>): string | undefined {
  const [token] =
    event.operation === 'variable.change' && event.change === 'append' ? (event.args ?? []) : [];
  return typeof token === 'string' ? token : undefined;
}

export function idleness(
  samples: readonly Sample[],
  { taken, durationMs, answersPerSecondMin = ANSWERS_PER_SECOND_MIN }: Course,
): readonly string[] {
  const firstMs = Math.min(...taken.map(({ fromMs }) => fromMs));
  const spans = [
    { what: 'before the first fault', fromMs: firstMs / 3, untilMs: firstMs },
    ...taken.filter(({ step }) => step.mustServe).map(during),
    ...taken
      .map(each => after(each, taken, durationMs))
      .filter(({ fromMs, untilMs }) => untilMs === durationMs || untilMs - fromMs >= AFTER_MS_MIN),
  ];
  return spans.flatMap(({ what, fromMs, untilMs }) => {
    const answers = samples.filter(
      ({ endMs, outcome }) => outcome === 'answered' && endMs >= fromMs && endMs < untilMs,
    ).length;
    const wanted = ((untilMs - fromMs) / 1000) * answersPerSecondMin;
    return answers >= wanted ? [] : [`${answers} answers ${what}, where ${Math.ceil(wanted)} are the least`];
  });
}

interface Span {
  readonly what: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

function during({ step, struckMs, untilMs }: Taken): Span {
  const settlingMs = Math.min(SETTLING_MS, (untilMs - struckMs) / 2);
  return { what: `during ${nameOf(step)}`, fromMs: struckMs + settlingMs, untilMs };
}

/** Until the next fault or the end; empty when another one is not over. */
function after({ step, fromMs, healedMs }: Taken, all: readonly Taken[], durationMs: number): Span {
  const isAlone = !all.some(other => other.fromMs < healedMs && other.healedMs > healedMs);
  const next = all.map(other => other.fromMs).filter(otherMs => otherMs > fromMs && otherMs >= healedMs);
  const untilMs = isAlone ? Math.min(durationMs, ...next) : healedMs;
  return { what: `after ${nameOf(step)}`, fromMs: healedMs + SETTLING_MS, untilMs };
}

export function nameOf({ fault, targets }: Taken['step']): string {
  return `${fault} ${targets.join(' ')}`;
}

function untried(samples: readonly Sample[]): readonly string[] {
  const answered = new Set(samples.filter(({ outcome }) => outcome === 'answered').map(s => s.operation));
  return Object.keys(OPERATION_KINDS)
    .filter(operation => !answered.has(operation))
    .map(operation => `${operation} was never answered`);
}
