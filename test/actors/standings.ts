// Standings for tests of something else.

import { Standing } from '../../src/actors/standing.ts';
import { founderOf } from '../../src/protocol/founder.ts';
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

/** @param origin tells apart the stores of clusters of one name */
export function formedSlot({ acceptors, epoch }: Configuration, origin = ''): ReturnType<typeof memorySlot> {
  const members: Members = new Map(acceptors.map(name => [name, storeOf(name, origin)]));
  const founder = founderOf(members);
  return memorySlot(1, memoryBytes({ ...NO_MEMORY, members, isFormed: true, founder, epoch }));
}

export function storeOf(id: string, origin = ''): string {
  return `${origin}store-of-${id}`;
}
