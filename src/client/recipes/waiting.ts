// Waiting for a register: asks again when a hint says that it changed, and from time to time, as hints get lost.

import type { Registers } from '../registers.ts';
import { sleep } from '../sleep.ts';

/** Between two attempts without a hint; each pause is half to one and a half of it. */
const POLL_MS = 1000;

/** What an attempt came to: an end, or when to try again at the latest. */
export type Attempt<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'wait'; readonly atMostMs?: number | undefined };

interface Waiting<Result> {
  /** The keys whose changes are a reason to try again. */
  readonly keys: readonly string[];
  readonly attempt: () => Promise<Attempt<Result>>;
  readonly signal: AbortSignal | undefined;
}

/** Tries until an attempt is done. @throws what an attempt throws; the signal's reason when it aborts between two. */
export async function untilDone<Result>(registers: Registers, waiting: Waiting<Result>): Promise<Result> {
  const { keys, attempt, signal } = waiting;
  let wake = new AbortController();
  const stops = keys.map(key => registers.hints(key, () => wake.abort()));
  try {
    for (;;) {
      signal?.throwIfAborted();
      // Made before the attempt: a hint that comes meanwhile is a reason for another one.
      wake = new AbortController();
      const ended = await attempt();
      if (ended.kind === 'done') return ended.result;
      const pauseMs = Math.min(ended.atMostMs ?? POLL_MS, POLL_MS) * (0.5 + Math.random());
      const woken = signal === undefined ? wake.signal : AbortSignal.any([wake.signal, signal]);
      await sleep(pauseMs, woken);
    }
  } finally {
    for (const stop of stops) stop();
  }
}
