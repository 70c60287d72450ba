// The lives of processes: begun, waited for, ended.

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, type ProcessSpec, startChild } from '../../src/node/local/child.ts';

export const READY_MS_MAX = 30_000;
const GRACE_MS = 5000;

export async function begin(spec: ProcessSpec): Promise<Child> {
  const child = startChild(spec);
  const how = await readyOrOver(child);
  if (how === undefined) return child;
  child.signal('SIGKILL');
  throw new Error(`${spec.name} ${how}: ${readFileSync(spec.logPath, 'utf8').slice(-2000)}`);
}

export function readyOrOver(child: Child): Promise<string | undefined> {
  return Promise.race([
    child.ready.then(() => undefined),
    child.ended,
    sleep(READY_MS_MAX, `was not ready within ${READY_MS_MAX / 1000} s`, { ref: false }),
  ]);
}

export async function end(child: Child): Promise<void> {
  child.signal('SIGCONT');
  child.signal('SIGTERM');
  const isOver = await Promise.race([child.ended.then(() => true), sleep(GRACE_MS, false, { ref: false })]);
  if (!isOver) child.signal('SIGKILL');
  await child.ended;
}
