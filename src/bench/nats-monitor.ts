// What a nats-server counts, from its HTTP monitoring. In a cluster of servers it is the one that was asked.

import { z } from 'zod';

export interface MessageCounts {
  /** Messages that somebody published. */
  readonly published: number;
  /** Messages that the server handed to a subscriber: more than published where several listen. */
  readonly delivered: number;
}

const TIMEOUT_MS = 2000;
const varz = z.object({ in_msgs: z.number(), out_msgs: z.number() });

/** @throws Error when it does not answer as the monitoring does. */
export async function messageCounts(monitor: string): Promise<MessageCounts> {
  const response = await fetch(new URL('/varz', monitor), { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const { in_msgs: published, out_msgs: delivered } = varz.parse(await response.json());
  return { published, delivered };
}
