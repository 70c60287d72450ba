// The scopes in which members change while proposers are at work. Who brings the key over may be at any point of it.

import { changing, exchanged, impatient, persistent, read, write } from './building.ts';
import type { Scope } from './scope.ts';

/** p1 was promised by a and c, and has its accept at c alone. */
const HALF_WAY: readonly string[] = [
  'p1 begin',
  ...exchanged('p1', 'prepare 1', 'promised', 'ac'),
  ...exchanged('p1', 'accept 1', 'accepted', 'c'),
];

/** a and c hold what p1 has written. */
const WRITTEN: readonly string[] = [
  'p1 begin',
  ...exchanged('p1', 'prepare 1', 'promised', 'ac'),
  ...exchanged('p1', 'accept 1', 'accepted', 'ac'),
];

/** p2 was promised by a and c, and a has not heard of the joint epoch when all others tell what they have. */
const STOPPED: Scope = {
  ...changing(
    'a round that stopped in the epoch before',
    ['abc', 'abd'],
    persistent(2, [write('A')]),
    persistent(1, [write('B')]),
  ),
  opening: ['p2 begin', ...exchanged('p2', 'prepare 1', 'promised', 'ac'), 'b tells', 'c tells', 'd tells'],
};

/** In the joint epoch b and d have promised p2 more than what is to be copied to them. */
const REFUSED: Scope = {
  ...changing(
    'copies that are refused',
    ['abc', 'abd'],
    persistent(1, [write('A')]),
    persistent(2, [write('B')]),
  ),
  opening: [
    ...WRITTEN,
    'p2 epoch 2',
    'p2 begin',
    'b gets prepare 1 of p2',
    'd gets prepare 1 of p2',
    'b tells',
    'c tells',
    'd tells',
  ],
};

const again = (scope: Scope): Scope => ({
  ...scope,
  name: `${scope.name}, and begun again`,
  change: scope.change && { ...scope.change, againMax: 1 },
});

const STANDING: Scope = {
  ...changing(
    'a promise of the epoch before, and one acceptor for another',
    ['a', 'b'],
    persistent(2, [write('A')], [write('B')]),
    persistent(1, [write('C')]),
  ),
  opening: [
    'p1 begin',
    ...exchanged('p1', 'prepare 1', 'promised', 'a'),
    ...exchanged('p1', 'accept 1', 'accepted', 'a'),
  ],
};

/** A quarter of a minute on one core: what `npm test` explores. */
export const SMALL_MEMBER_SCOPES: readonly Scope[] = [
  changing('one acceptor for another', ['a', 'b'], persistent(1, [write('A')]), persistent(1, [read])),
  changing('one acceptor more', ['a', 'ab'], persistent(1, [write('A')]), persistent(0, [read])),
  {
    ...changing('a write half way, and one of three replaced', ['abc', 'abd'], persistent(1, [write('A')])),
    opening: HALF_WAY,
  },
  STOPPED,
  REFUSED,
];

/** Minutes each. */
export const LARGE_MEMBER_SCOPES: readonly Scope[] = [
  STANDING,
  again(REFUSED),
  changing('one acceptor less', ['ab', 'b'], persistent(1, [write('A')]), persistent(1, [read])),
  changing(
    'two writes, and one acceptor more',
    ['a', 'ab'],
    persistent(1, [write('A')]),
    persistent(1, [write('B')]),
  ),
  changing('a write, and one of three replaced', ['abc', 'abd'], persistent(1, [write('A')])),
  {
    ...changing(
      'a write half way and begun again, and one of three replaced',
      ['abc', 'abd'],
      persistent(2, [write('A')]),
    ),
    opening: HALF_WAY,
  },
  {
    ...changing(
      'a write done, a write, and one of three replaced',
      ['abc', 'abd'],
      persistent(1, [write('A')]),
      impatient(2, [write('B')]),
    ),
    opening: [...WRITTEN, 'c tells'],
  },
  changing(
    'two writes, and one of two replaced',
    ['ab', 'ac'],
    persistent(1, [write('A')]),
    persistent(1, [write('B')]),
  ),
];
