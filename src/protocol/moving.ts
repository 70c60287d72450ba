// The mover's part of a move: which keys a partition has that is closed, so that all of them are brought before the move
// ends (G4). Pure; who asks and who brings is its caller's business.

import type { Told } from './carrying.ts';
import { type Configuration, isQuorum } from './quorum.ts';
import { keyIn, stayOf } from './stays.ts';

/**
 * The keys of a stay that any quorum of the group can ever have accepted, among what these acceptors told of one page.
 * Undefined without a quorum of acceptors that had closed the stay when they told: one that has not may accept more.
 */
export function keysOfStay(
  configuration: Configuration,
  told: ReadonlyMap<string, Told>,
  stay: number,
): readonly string[] | undefined {
  const closed = [...told].filter(([, { closedTo }]) => (closedTo ?? -1) >= stay);
  if (
    !isQuorum(
      configuration,
      closed.map(([acceptor]) => acceptor),
    )
  )
    return undefined;
  const names = closed.flatMap(([, { holdings }]) => holdings.map(({ key }) => key));
  return [...new Set(names)].filter(name => stayOf(name) === stay).map(keyIn);
}
