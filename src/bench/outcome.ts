// How an operation of the load ended, as one word to count by: 'ok', a code of the service, or one of ours.

import { parseReply } from '../client/reply.ts';
import type { Message } from '../transport/transport.ts';

export type Counts = Readonly<Record<string, number>>;

/** Answers of a register that stood: definite, and what a contended workload is made of. */
const REFUSALS: ReadonlySet<string> = new Set(['conflict', 'already_written', 'wrong_kind', 'rejected']);

/**
 * `timeout` for silence, `no_proposer` when nobody listens, `bad_reply` for what cannot be read. A success is
 * told by the missing error header alone: reading every body would cost more than the rest of the client.
 */
export function outcomeOf(reply: Message | undefined): string {
  if (reply === undefined) return 'timeout';
  if (reply.isNoResponders) return 'no_proposer';
  if (reply.header('Nats-Service-Error-Code') === undefined) return 'ok';
  const parsed = parseReply(reply);
  return parsed.kind === 'error' ? parsed.code : 'bad_reply';
}

export function isRefusal(outcome: string): boolean {
  return REFUSALS.has(outcome);
}

export function sumOf(all: readonly Counts[]): Counts {
  const sum: Record<string, number> = {};
  for (const counts of all) {
    for (const [code, count] of Object.entries(counts)) sum[code] = (sum[code] ?? 0) + count;
  }
  return sum;
}
