// What a node makes of a message that is none of its cluster, or none that it understands: a warning, and nothing else (P5).

import type { Decoded } from '../../transport/envelope-codec.ts';
import type { Log } from './log.ts';

/** @param log to be throttled: anybody may send such messages. */
export function envelopeOf<Whole>(
  decoded: Decoded<unknown, Whole>,
  subject: string,
  log: Log,
): Whole | undefined {
  if (decoded.kind === 'envelope') return decoded.envelope;
  log('message_refused', { subject, why: decoded.why });
  return undefined;
}
