// Persist, then speak (A3), checked in a record of what an acceptor did: for every vote that was sent, the slot
// that upholds it had been written, and a sync that began after the write was over before the send began.

import type { Vote } from './votes.ts';
import { standsBy } from './votes.ts';
import type { Written } from './written.ts';

/** The votes that nothing durable upheld when they were sent. */
export function spokenTooSoon(votes: readonly Vote[], written: readonly Written[]): readonly Vote[] {
  const byKey = new Map<string, Written[]>();
  for (const group of written) {
    for (const key of group.slots.keys()) {
      const own = byKey.get(key) ?? [];
      byKey.set(key, own);
      own.push(group);
    }
  }
  return votes.filter(vote => {
    const own = byKey.get(vote.key) ?? [];
    return !own.some(
      ({ durableAt, slots }) => durableAt < vote.sentAt && standsBy(slots.get(vote.key), vote),
    );
  });
}
