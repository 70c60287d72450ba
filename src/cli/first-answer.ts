// Commands that go on until Ctrl-C: tells a person when nobody answers them yet.

import { UnavailableError } from '../client/errors.ts';
import { sleep } from '../client/sleep.ts';
import { type Asked, failureLines } from './exit-code.ts';

const PAUSE_MS = 250;

/**
 * Asks until somebody answers, and says on stderr why nobody does, once.
 * @throws what the answer is, if that is an error
 */
export async function firstAnswer<Answer>(asked: Asked, ask: () => Promise<Answer>): Promise<Answer> {
  for (let isTold = false; ; isTold = true) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof UnavailableError) || error.code === 'closed') throw error;
      if (!isTold) process.stderr.write(`${failureLines(error, asked)}\nIt goes on asking until Ctrl-C.\n`);
      await sleep(PAUSE_MS);
    }
  }
}
