// Symmetry: acceptors differ in nothing but their names. States that are the same up to a renaming of the
// acceptors are one state, so most of them need not be looked at.

import type { Place } from '../../src/actors/floors.ts';
import type { Vote } from '../../src/protocol/round.ts';
import type { Instance } from '../../src/protocol/work.ts';

export type Rename = (acceptor: string) => string;

/** The instance with its acceptors renamed, and its votes in the order of the names: their order says nothing. */
export function renamed(instance: Instance, rename: Rename): Instance {
  const { work } = instance;
  switch (work.phase) {
    case 'idle':
    case 'waiting':
      return instance;
    case 'reading':
      return {
        ...instance,
        work: {
          ...work,
          votes: votes(work.votes, rename),
          floor: work.floor && { ...work.floor, holders: names(work.floor.holders, rename) },
        },
      };
    case 'fetching':
      return { ...instance, work: { ...work, votes: votes(work.votes, rename) } };
    case 'preparing': {
      const { promises, refusals } = work.round;
      const round = { ...work.round, promises: votes(promises, rename), refusals: names(refusals, rename) };
      return { ...instance, work: { ...work, round } };
    }
    case 'accepting': {
      const { accepted, refusals } = work.round;
      const round = { ...work.round, accepted: names(accepted, rename), refusals: names(refusals, rename) };
      return { ...instance, work: { ...work, round } };
    }
  }
}

export function renamedFloor(place: Place, rename: Rename): Place {
  switch (place.phase) {
    case 'without':
      return place;
    case 'asking': {
      const answers = place.answers.map(answer => ({ ...answer, acceptor: rename(answer.acceptor) }));
      return { ...place, answers: answers.sort((a, b) => (a.acceptor < b.acceptor ? -1 : 1)) };
    }
    case 'held': {
      const { floor } = place;
      return { ...place, floor: { ...floor, holders: names(floor.holders, rename) } };
    }
  }
}

function names(acceptors: readonly string[], rename: Rename): readonly string[] {
  return acceptors.map(rename).sort();
}

/** Picks the fields of a vote: a report also carries what it answered. */
function votes(given: readonly Vote[], rename: Rename): readonly Vote[] {
  const own = given.map(({ acceptor, accepted, value }) => ({ acceptor: rename(acceptor), accepted, value }));
  return own.sort((a, b) => (a.acceptor < b.acceptor ? -1 : 1));
}

/** Where the thing at each new place was before. */
export type Permutation = readonly number[];

/** All orders of so many things; the first leaves everything where it is. */
export function permutations(size: number): readonly Permutation[] {
  if (size === 0) return [[]];
  return permutations(size - 1).flatMap(shorter =>
    Array.from({ length: size }, (_, i) => shorter.toSpliced(size - 1 - i, 0, size - 1)),
  );
}
