// Standings for tests of something else.

import { Standing } from '../../src/actors/standing.ts';
import { type Members, NO_MEMORY } from '../../src/protocol/memory.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import { memoryBytes, memorySlot } from '../../src/storage/memory-record.ts';

/** Of an acceptor that is a cluster by itself, and votes. */
export function votingStanding(id = 'a'): Standing {
  const configuration = { cluster: 'alone', epoch: 1, acceptors: [id] };
  const standing = formedStanding({ id, configuration, incarnation: 'first' });
  standing.judge();
  return standing;
}

/** Of an acceptor of a formed cluster that has just started. */
export function formedStanding(options: {
  readonly id: string;
  readonly configuration: Configuration;
  readonly incarnation: string;
}): Standing {
  const store = storeOf(options.id);
  return new Standing({ ...options, store, slot: formedSlot(options.configuration) });
}

export function formedSlot(configuration: Configuration): ReturnType<typeof memorySlot> {
  const members: Members = new Map(configuration.acceptors.map(name => [name, storeOf(name)]));
  return memorySlot(1, memoryBytes({ ...NO_MEMORY, members, isFormed: true }));
}

export function storeOf(id: string): string {
  return `store-of-${id}`;
}
