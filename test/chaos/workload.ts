// What the clients do: all operations on few keys, one at a time each. Keys change every few seconds, so that each
// has a history that can be judged; nothing of the old ones may be lost, which the readers of the end look at.

import { randomSource } from '../../src/actors/random.ts';
import type { SynodCall } from '../../src/history/history.ts';
import type { Value } from '../../src/protocol/value.ts';
import type { Asker } from './askers.ts';
import type { Ended, Recorder } from './recorder.ts';

const WINDOW_MS = 3000;
/** Write-once keys are used up sooner. */
const ONCE_MS = 300;
/** A list of all tokens of a longer time would become too large a value. */
const HOT_MS = 4500;
const THINK_MS = 5;
const AFTER_FAILURE_MS = 20;

export interface ClientPlan {
  readonly name: string;
  readonly seed: number;
  readonly isOver: () => boolean;
  readonly isHot: boolean;
}

export interface Next {
  readonly key: string;
  readonly call: SynodCall;
}

/** Works until the plan is over. A client whose request stays open goes on as another process. */
export async function work(asker: Asker, recorder: Recorder, plan: ClientPlan): Promise<void> {
  const random = randomSource(plan.seed);
  const versions = new Map<string, number>();
  let process = recorder.newProcess();
  for (let i = 0; !plan.isOver(); i++) {
    const token = `${plan.name}-${i}`;
    const { key, call } = plan.isHot
      ? { key: `chaos.hot${Math.floor(recorder.nowMs / HOT_MS)}`, call: change('append', token) }
      : nextOf(random, recorder.nowMs, token, versions);
    const ended = await askOnce(asker, recorder, { client: plan.name, process, key, call });
    if (ended.kind === 'info') process = recorder.newProcess();
    if (ended.kind !== 'info' && ended.shown !== undefined) versions.set(key, ended.shown.version);
    if (ended.kind !== 'ok') await pause(AFTER_FAILURE_MS);
    else if (!plan.isHot) await pause(THINK_MS);
  }
}

/** Reads, at the end, every key that was used. */
export async function readAll(asker: Asker, recorder: Recorder): Promise<void> {
  const process = recorder.newProcess();
  for (const next of readsOfAll(recorder)) {
    const ended = await askOnce(asker, recorder, { client: 'final', process, ...next });
    if (ended.kind !== 'ok') throw new Error(`Cannot read ${next.key} after the faults: ${ended.code}`);
  }
}

/** Asks these, several at a time, until none is left or the time is over. */
export async function askAll(
  askers: readonly Asker[],
  recorder: Recorder,
  { client, next, isOver }: { client: string; next: Iterator<Next>; isOver: () => boolean },
): Promise<void> {
  await Promise.all(
    askers.map(async asker => {
      let process = recorder.newProcess();
      while (!isOver()) {
        const one = next.next();
        if (one.done === true) return;
        const ended = await askOnce(asker, recorder, { client, process, ...one.value });
        if (ended.kind === 'info') process = recorder.newProcess();
      }
    }),
  );
}

/** A read of every key that was used so far, in the order in which they were. */
export function readsOfAll({ events }: Recorder): readonly Next[] {
  const kinds = new Map(events.map(({ key, operation }) => [key, operation.split('.')[0]]));
  return [...kinds].map(([key, kind]) => ({ key, call: { operation: `${kind}.read` } as SynodCall }));
}

async function askOnce(
  asker: Asker,
  recorder: Recorder,
  { client, process, key, call }: Next & { client: string; process: number },
): Promise<Ended> {
  const startMs = recorder.invoke(process, key, call);
  const ended = await asker.ask(key, call);
  recorder.complete(client, { process, key, operation: call.operation, startMs }, ended);
  return ended;
}

function nextOf(
  random: () => number,
  nowMs: number,
  token: string,
  versions: ReadonlyMap<string, number>,
): Next {
  const window = Math.floor(nowMs / WINDOW_MS);
  const once = Math.floor(nowMs / ONCE_MS);
  const variable = `chaos.v${window}-${Math.floor(random() * 2)}`;
  const list = `chaos.l${window}`;
  const number = Math.floor(random() * 1000);
  const version = versions.get(variable) ?? 0;
  const dice = random();
  if (dice < 0.2) return { key: variable, call: { operation: 'variable.read' } };
  if (dice < 0.3) return { key: variable, call: { operation: 'variable.write', value: number } };
  if (dice < 0.36) return { key: variable, call: { operation: 'variable.create', value: number } };
  if (dice < 0.5) return { key: variable, call: { operation: 'variable.cas', value: number, version } };
  if (dice < 0.54) return { key: variable, call: { operation: 'variable.delete' } };
  if (dice < 0.66) return { key: variable, call: change('add', 1) };
  if (dice < 0.84) return { key: list, call: change('append', token) };
  if (dice < 0.88) return { key: list, call: { operation: 'variable.read' } };
  if (dice < 0.91) return { key: `chaos.s${once}`, call: { operation: 'switch.set' } };
  if (dice < 0.94) return { key: `chaos.s${once}`, call: { operation: 'switch.read' } };
  if (dice < 0.97) return { key: `chaos.r${once}`, call: { operation: 'register.write', value: token } };
  return { key: `chaos.r${once}`, call: { operation: 'register.read' } };
}

function change(name: string, arg: Value): SynodCall {
  return { operation: 'variable.change', change: name, args: [arg] };
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}
