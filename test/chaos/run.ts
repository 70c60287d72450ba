// One run: the cluster, the clients, and the faults at their times; then the readers of the end and the verdict.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Asker, plainAsker, typescriptAsker } from './askers.ts';
import { Bank, type Banked } from './bank.ts';
import type { Driver } from './driver.ts';
import { type Guarded, Owners } from './owners.ts';
import { rotated } from './processes.ts';
import { Recorder } from './recorder.ts';
import { CLOCK_FAULTS, type Scenario, type Step } from './scenario.ts';
import { type Taken, verdictOf } from './verdict.ts';
import { readAll, work } from './workload.ts';

const CLIENTS_OF_EACH_KIND = 4;
const PLAIN_PATIENCE_MS = 400;
/** After the last fault. */
const END_MS = 3000;

export interface Run {
  readonly recorder: Recorder;
  readonly taken: readonly Taken[];
  readonly durationMs: number;
  /** Undefined for a hot run. */
  readonly guarded: Guarded | undefined;
  readonly banked: Banked | undefined;
  /** What is wrong; empty for a good run. */
  readonly problems: readonly string[];
}

export type OnTaken = (taken: Taken) => void;

/** Starts the driver's cluster, and stops it whatever happens. */
export async function runScenario(
  driver: Driver,
  scenario: Scenario,
  seed: number,
  onTaken: OnTaken = () => {},
): Promise<Run> {
  try {
    await driver.start();
    return await onCluster(driver, scenario, { seed, onTaken });
  } finally {
    await driver.stop();
  }
}

interface Watched {
  readonly seed: number;
  readonly onTaken: OnTaken;
}

async function onCluster(driver: Driver, scenario: Scenario, { seed, onTaken }: Watched): Promise<Run> {
  const askers = await connected(driver.nats);
  const { steps, restMs, isHot, answersPerSecondMin } = scenario;
  const owners = isHot ? undefined : new Owners(driver.nats);
  // Two processes that start take all of a small machine for a while.
  await owners?.started;
  const recorder = new Recorder();
  const bank = isHot ? undefined : new Bank(driver.nats);
  let isOver = false;
  const works = askers.map(({ name, asker }, i) =>
    work(asker, recorder, {
      name,
      seed: seed * 1000 + i,
      isOver: () => isOver,
      isHot,
    }),
  );
  const faults = async (): Promise<readonly Taken[]> => {
    try {
      const taken = await takeAll(steps, async (step, earlier) => {
        const done = await take(driver, recorder, step, after(earlier, restMs));
        onTaken(done);
        return done;
      });
      const healedMs = Math.max(...taken.map(each => each.healedMs));
      await until(recorder, Math.max(scenario.durationMs, healedMs + END_MS));
      return taken;
    } finally {
      isOver = true;
    }
  };
  const hasClocks = steps.some(({ fault }) => CLOCK_FAULTS.includes(fault));
  let guarded: Guarded | undefined;
  const [taken] = await Promise.all([faults(), ...works]).finally(() => {
    guarded = owners?.end(recorder.nowMs, { hasClocks });
  });
  const durationMs = recorder.nowMs;
  const banked = await bank?.end(durationMs);
  const [{ asker } = { asker: undefined }] = askers;
  if (asker !== undefined) await readAll(asker, recorder);
  await Promise.all(askers.map(each => each.asker.close()));
  const verdict = verdictOf(recorder, { taken, durationMs, isHot, answersPerSecondMin });
  const problems = [...verdict, ...(guarded?.problems ?? []), ...(banked?.problems ?? [])];
  return { recorder, taken, durationMs, guarded, banked, problems };
}

/** A client of the run. */
export interface Named {
  readonly name: string;
  readonly asker: Asker;
}

export function connected(nats: readonly string[]): Promise<readonly Named[]> {
  const each = Array.from({ length: CLIENTS_OF_EACH_KIND }, (_, i) => rotated(nats, i));
  return Promise.all([
    ...each.map(async (urls, i) => ({ name: `ts-${i}`, asker: await typescriptAsker(urls) })),
    ...each.map(async (urls, i) => ({
      name: `plain-${i}`,
      asker: await plainAsker(urls, PLAIN_PATIENCE_MS),
    })),
  ]);
}

function takeAll(
  steps: readonly Step[],
  takeOne: (step: Step, earlier: readonly Promise<Taken>[]) => Promise<Taken>,
): Promise<readonly Taken[]> {
  const all: Promise<Taken>[] = [];
  for (const step of steps) {
    const earlier = all.filter((_, i) => isOverBefore(steps[i], step));
    all.push(takeOne(step, earlier));
  }
  return Promise.all(all);
}

function isOverBefore(one: Step | undefined, other: Step): boolean {
  return one !== undefined && one.atMs + one.forMs <= other.atMs;
}

/** Not before its time, nor before what was to be over by then has been for a while: to heal may take long. */
async function take(
  driver: Driver,
  recorder: Recorder,
  step: Step,
  earliest: Promise<number>,
): Promise<Taken> {
  const { fault, targets, atMs, forMs } = step;
  await until(recorder, Math.max(atMs, await earliest));
  const fromMs = recorder.nowMs;
  await Promise.all(targets.map(target => driver.strike(fault, target)));
  const struckMs = recorder.nowMs;
  await sleep(forMs);
  const untilMs = recorder.nowMs;
  await Promise.all(targets.map(target => driver.heal(fault, target)));
  return { step, fromMs, struckMs, untilMs, healedMs: recorder.nowMs };
}

/** When all of them have been over for so long. */
async function after(taken: readonly Promise<Taken>[], restMs: number): Promise<number> {
  return Math.max(0, ...(await Promise.all(taken)).map(({ healedMs }) => healedMs + restMs));
}

async function until(recorder: Recorder, ms: number): Promise<void> {
  await sleep(Math.max(0, ms - recorder.nowMs));
}
