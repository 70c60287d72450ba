// One acceptor alone, which votes: for tests of what it does with what it is sent.

import { systemClock } from '../../src/actors/clock.ts';
import { type AcceptorParts, type RunningAcceptor, startAcceptor } from '../../src/node/acceptor/acceptor.ts';
import { MEMORY_NAME } from '../../src/storage/memory-record.ts';
import { formedSlot } from '../actors/standings.ts';

/** Resolves when it votes, for its file remembers that the cluster was formed. */
export async function votingAcceptor(
  parts: Pick<AcceptorParts, 'id' | 'configuration' | 'transport' | 'store' | 'log'>,
): Promise<RunningAcceptor> {
  const { configuration, store } = parts;
  await store.commit(new Map([[MEMORY_NAME, formedSlot(configuration)]]));
  return new Promise((resolve, reject) => {
    const starting = startAcceptor({
      ...parts,
      memoryBytesMax: 1 << 16,
      clock: systemClock(),
      onVoting: () => resolve(starting),
      onFailure: reject,
    });
  });
}
