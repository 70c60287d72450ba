// What operators' programs share: steps that a proposer does, asked again while that may help, and work that goes through
// partitions a few at a time.

import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { ClusterConfig } from '../config/config.ts';

/** What could not be done, and why. */
export class OperatorError extends Error {}

const failureShape = z.object({ ok: z.literal(false), error: z.string() });
const doneShape = z.object({ partitions: z.array(z.number()), keys: z.number() });

/** The partitions that a step came through, and the keys in them. */
export type Done = z.infer<typeof doneShape>;

const PAUSE_MS = 250;

/** Before a person is told that nobody answers yet. */
const QUIET_MS = 3000;

/** Told once in a while that nobody answers yet, in a sentence. */
export type TellWaiting = (sentence: string) => void;

/** Whom an operator asks, in words that name what may be wrong. */
export function clusterText({ cluster, nats }: Pick<ClusterConfig, 'cluster' | 'nats'>): string {
  return `cluster '${cluster}' over ${nats.servers.join(', ')}`;
}

/** Says that nobody answers yet where the work takes long. */
export async function tellingWhenLong<Result>(
  place: string,
  tell: TellWaiting,
  work: Promise<Result>,
): Promise<Result> {
  const sentence = `No answer yet from ${place}; asking on. \`synod status\` shows who is up`;
  const timer = setTimeout(() => tell(sentence), QUIET_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}

/** What a proposer answered. @throws OperatorError when none did, or what it could not do. */
export function answerOf(place: string, answer: unknown): unknown {
  if (answer === undefined) {
    throw new OperatorError(
      `No proposer of ${place} answers: is one up, and are --cluster and --nats right? \`synod status\` shows who is up`,
    );
  }
  const failure = failureShape.safeParse(answer);
  if (failure.success) throw new OperatorError(`Cannot do that: ${failure.data.error}`);
  return answer;
}

/** For what may be asked again as it is. */
export async function patiently(attemptsMax: number, step: () => Promise<unknown>): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof OperatorError) || attempt === attemptsMax) throw error;
      await delay(PAUSE_MS);
    }
  }
}

/**
 * Has all of these partitions done by so many at once, each of which is given some; those that a step did not come to
 * are given again.
 */
export async function throughPartitions(
  partitions: readonly number[],
  { atOnce, given }: { readonly atOnce: number; readonly given: number },
  step: (partitions: readonly number[]) => Promise<unknown>,
  onDone: (done: Done) => void,
): Promise<void> {
  const missing = [...partitions];
  const workers = Array.from({ length: atOnce }, async () => {
    while (missing.length > 0) {
      const some = missing.splice(0, given);
      const done = doneShape.parse(await step(some));
      missing.push(...some.filter(partition => !done.partitions.includes(partition)));
      onDone(done);
    }
  });
  try {
    await Promise.all(workers);
  } finally {
    // Who stops half way stops altogether.
    missing.length = 0;
  }
}
