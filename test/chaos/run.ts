// One run: the cluster, the clients, and the faults at their times; then the readers of the end and the verdict.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Asker, plainAsker, typescriptAsker } from './askers.ts';
import type { Shade } from './drawing.ts';
import type { Driver } from './driver.ts';
import { rotated } from './processes.ts';
import { Recorder } from './recorder.ts';
import type { Scenario, Step } from './scenario.ts';
import { verdictOf } from './verdict.ts';
import { readAll, work } from './workload.ts';

const CLIENTS_OF_EACH_KIND = 4;
const PLAIN_PATIENCE_MS = 400;

export interface Run {
  readonly recorder: Recorder;
  /** When each fault really began and was over. */
  readonly shades: readonly Shade[];
  /** What is wrong; empty for a good run. */
  readonly problems: readonly string[];
}

/** Starts the driver's cluster, and stops it whatever happens. */
export async function runScenario(driver: Driver, scenario: Scenario, seed: number): Promise<Run> {
  try {
    await driver.start();
    return await onCluster(driver, scenario, seed);
  } finally {
    await driver.stop();
  }
}

async function onCluster(driver: Driver, scenario: Scenario, seed: number): Promise<Run> {
  const askers = await connected(driver.nats);
  const recorder = new Recorder();
  const { durationMs: untilMs, steps, isHot } = scenario;
  const works = askers.map(({ name, asker }, i) =>
    work(asker, recorder, {
      name,
      seed: seed * 1000 + i,
      isOver: () => recorder.nowMs >= untilMs,
      isHot,
    }),
  );
  const shades = Promise.all(steps.map(step => take(driver, recorder, step)));
  await Promise.all([...works, shades]);
  const [{ asker } = { asker: undefined }] = askers;
  if (asker !== undefined) await readAll(asker, recorder);
  await Promise.all(askers.map(each => each.asker.close()));
  return {
    recorder,
    shades: await shades,
    problems: verdictOf(recorder.events, recorder.samples, scenario),
  };
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

async function take(driver: Driver, recorder: Recorder, step: Step): Promise<Shade> {
  const { fault, targets, atMs, forMs } = step;
  await sleep(Math.max(0, atMs - recorder.nowMs));
  const fromMs = recorder.nowMs;
  await Promise.all(targets.map(target => driver.strike(fault, target)));
  await sleep(forMs);
  const untilMs = recorder.nowMs;
  await Promise.all(targets.map(target => driver.heal(fault, target)));
  return { fromMs, untilMs, label: `${fault} ${targets.join(' ')}` };
}
