// Who tells the client of a passed request how it ended, and when (R3).

import type { Pass } from '../protocol/passes.ts';
import type { ServiceAnswer } from '../transport/reply-codec.ts';

/** How an answer reaches the client: told here, at once or later, or by the router of the pass. */
export interface Telling {
  readonly by: 'here' | 'router';
  readonly answer: ServiceAnswer;
  readonly afterMs: number;
}

/** How long the one that applied a pass has to tell so, before the other one says that it does not know. */
export const OVERTAKEN_TOLD_MS = 200;

interface Answered {
  readonly pass: Pass | undefined;
  readonly isRead: boolean;
}

/**
 * R3: the other proposer that has a passed write in hand may have applied it. Where a state of the register does not
 * say otherwise, the home leaves it to the router to tell that it was not, and a router that took over cannot.
 */
export function tellingOf(answer: ServiceAnswer, { pass, isRead }: Answered, own: string): Telling {
  if ('isOvertaken' in answer) return { by: 'here', answer, afterMs: OVERTAKEN_TOLD_MS };
  if (pass === undefined || isRead || !isHearsay(answer)) return { by: 'here', answer, afterMs: 0 };
  if (pass.router === own) return { by: 'here', answer: TAKEN_OVER, afterMs: 0 };
  return { by: 'router', answer, afterMs: 0 };
}

/** Whether "not applied" is said by this proposer alone, and by no state of the register. */
function isHearsay({ kind }: ServiceAnswer): boolean {
  return kind === 'no_quorum' || kind === 'storage_full' || kind === 'overloaded';
}

export const TAKEN_OVER = {
  kind: 'unknown',
  why: 'it was passed on to a proposer that does not answer, and could not be served here either',
} as const;
