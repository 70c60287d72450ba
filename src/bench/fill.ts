// Writes a filling: several requests at once, and each again until it succeeds.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Filling } from './fillings.ts';
import { outcomeOf } from './outcome.ts';
import type { Ask, Requests } from './requests.ts';

const AT_ONCE = 128;
const ATTEMPTS_MAX = 20;
const PAUSE_MS = 100;

/** A share of a filling: every `of`-th register from the `first` on. */
export interface Share {
  readonly first: number;
  readonly of: number;
}

/** @throws Error when a register cannot be written. */
export async function fill(
  requests: Requests,
  filling: Filling,
  { first, of }: Share,
  onWritten: () => void,
): Promise<void> {
  let next = first;
  const work = async (): Promise<void> => {
    while (next < filling.count) {
      const index = next;
      next += of;
      await writeOne(requests, filling.ask(index));
      onWritten();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function writeOne(requests: Requests, one: Ask): Promise<void> {
  let outcome = '';
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    outcome = await new Promise<string>(resolve => {
      requests.send(one, reply => resolve(outcomeOf(reply)));
    });
    // A write-once register may have been written by an attempt that seemed to fail.
    if (outcome === 'ok' || outcome === 'already_written') return;
    // What is wrong with the request itself does not pass.
    if (['too_large', 'bad_request', 'bad_value', 'bad_key'].includes(outcome)) break;
    await sleep(PAUSE_MS);
  }
  throw new Error(`Cannot write the registers that the load needs: ${outcome} for ${one.subject}`);
}
