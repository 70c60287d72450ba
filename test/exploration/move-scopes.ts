// The scopes in which a partition moves from one group of acceptors to another while proposers are at work, with any map.

import { exchanged, moving, persistent, read, returning, write } from './building.ts';
import type { Scope } from './scope.ts';

/** p1 has written at the only acceptor. */
const WRITTEN: readonly string[] = [
  'p1 begin',
  ...exchanged('p1', 'prepare 1', 'promised', 'a'),
  ...exchanged('p1', 'accept 1', 'accepted', 'a'),
];

/** b alone has accepted what p1 writes, and has closed the stay since, as c has; a has not heard of either. */
const HALF_CLOSED: readonly string[] = [
  'p1 begin',
  ...exchanged('p1', 'prepare 1', 'promised', 'ab'),
  'b gets accept 1 of p1',
  'the mover decides',
  'p2 mover begins',
  'b gets fetch 1 of p2',
  'c gets fetch 1 of p2',
];

/** p1 and p2 know what each of them is to bring. */
const BOTH_BRING: readonly string[] = [
  ...WRITTEN,
  'the mover decides',
  'p1 learn 1',
  'p2 learn 1',
  'p1 begin',
  'p2 begin',
  'a gets fetch 3 of p1',
  'a gets fetch 1 of p2',
  'p1 report of a for 3',
  'p2 report of a for 1',
];

/** Ten seconds on one core: what `npm test` explores. */
export const SMALL_MOVE_SCOPES: readonly Scope[] = [
  moving(
    'a move beside a write and a read',
    ['a', 'b'],
    [1],
    persistent(2, [write('A')]),
    persistent(1, [read]),
  ),
  {
    ...moving(
      'a move that two bring a key for',
      ['a', 'b'],
      [1],
      persistent(3, [write('A')], [write('B')]),
      persistent(2, [write('C')]),
    ),
    opening: WRITTEN,
  },
  {
    ...moving(
      'a move with an acceptor that has not closed',
      ['abc', 'd'],
      [1],
      persistent(1, [write('A')], [read]),
      persistent(1),
    ),
    opening: HALF_CLOSED,
  },
  {
    ...moving(
      'a move to two, whose mover stopped, that two bring a key for',
      ['a', 'bc'],
      [],
      persistent(3, [write('A')], [write('B')]),
      persistent(2, [read]),
    ),
    opening: BOTH_BRING,
  },
  moving('a move that is begun again', ['a', 'b'], [0, 1], persistent(1, [write('A')]), persistent(0)),
  {
    ...returning(
      'a move there and back beside two writes',
      ['a', 'b'],
      [1],
      persistent(2, [write('A')], [write('B')]),
      persistent(2),
    ),
    opening: WRITTEN,
  },
];

/** A minute. */
export const LARGE_MOVE_SCOPES: readonly Scope[] = [
  moving(
    'a move that is begun again beside a write and a read',
    ['a', 'b'],
    [0, 1],
    persistent(2, [write('A')]),
    persistent(1, [read]),
  ),
];
