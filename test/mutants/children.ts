// Processes that look for what is wrong in a copy, two at a time: as many as the smallest machine has cores.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const PROCESSES_MAX = 2;
const OUTPUT_BYTES_MAX = 1 << 24;

/** What the simulator tries until a rule is broken. */
export interface Hunt {
  /** Tried before the others. */
  readonly first: readonly number[];
  /** From which seed on, and how many runs at most. */
  readonly from: number;
  readonly seeds: number;
  /** The mutant whose `where` tells the plans that are worth a run. */
  readonly breaks?: string;
}

const finding = z.object({
  runs: z.number(),
  rule: z.string().optional(),
  seed: z.number().optional(),
  message: z.string().optional(),
});
const duties = z.object({ broken: z.array(z.string()) });

export type Finding = z.infer<typeof finding>;

const waiting: (() => void)[] = [];
let running = 0;

/** Runs the simulator that is in `copy`. */
export async function hunt(copy: string, what: Hunt): Promise<Finding> {
  return finding.parse(await run(copy, 'test/mutants/hunt.js', [JSON.stringify(what)]));
}

/** The duties that the runtime and the floors in `copy` neglect; no other than `first` if that is one. */
export async function neglectedDuties(copy: string, first?: string): Promise<readonly string[]> {
  const args = first === undefined ? [] : [first];
  return duties.parse(await run(copy, 'test/mutants/check-duties.js', args)).broken;
}

async function run(copy: string, script: string, args: readonly string[]): Promise<unknown> {
  if (running >= PROCESSES_MAX) await new Promise<void>(resolve => waiting.push(resolve));
  running += 1;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [join(copy, script), ...args], {
      maxBuffer: OUTPUT_BYTES_MAX,
    });
    return JSON.parse(stdout);
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}
