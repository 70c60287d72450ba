// The scopes that are explored: small enough to be exhausted, each with something that may go wrong in it.

import {
  cas,
  casValue,
  create,
  exchanged,
  floored,
  impatient,
  mortal,
  passed,
  persistent,
  read,
  readSwitch,
  remove,
  scope,
  set,
  write,
} from './building.ts';
import type { Scope } from './scope.ts';

/** p1 has a burnt round at a, has prepared without it at b and c, and its second round is under way. */
const BURNT_AT_A: readonly string[] = [
  'p1 begin',
  ...exchanged('p1', 'prepare 1', 'promised', 'ab'),
  'a gets accept 1 of p1',
  'p2 begin',
  ...exchanged('p2', 'prepare 1', 'promised', 'bc'),
  ...exchanged('p1', 'accept 1', 'conflict', 'bc'),
  ...exchanged('p1', 'prepare 3', 'promised', 'bc'),
];

/** ...and p2 has found the first round of p1. */
const BURNT_FOUND: Scope = {
  ...scope('a burnt round that another finds', persistent(3, [write('A')]), persistent(2, [write('B')])),
  opening: [
    ...BURNT_AT_A,
    ...exchanged('p2', 'accept 1', 'conflict', 'bc'),
    ...exchanged('p2', 'prepare 4', 'promised', 'ab'),
  ],
};

/** p2 sets 'C' where it found 'B', at a alone, and prepares at b and c, where its cas on 'B' would be refused. */
const BURNT_CAS: Scope = {
  ...scope(
    'a burnt cas that would be refused',
    impatient(1, [write('B')]),
    persistent(3, [casValue('B', 'C')]),
    persistent(3, [write('D')]),
  ),
  opening: [
    'p1 begin',
    ...exchanged('p1', 'prepare 1', 'promised', 'ab'),
    'a gets accept 1 of p1',
    'p1 deadline',
    'p2 begin',
    ...exchanged('p2', 'prepare 1', 'conflict', 'a'),
    'p2 settle',
    ...exchanged('p2', 'prepare 3', 'promised', 'ab'),
    'a gets accept 3 of p2',
    'p3 begin',
    ...exchanged('p3', 'prepare 1', 'conflict', 'b'),
    'p3 settle',
    ...exchanged('p3', 'prepare 4', 'promised', 'bc'),
    ...exchanged('p2', 'accept 3', 'conflict', 'bc'),
    'p2 settle',
    ...exchanged('p2', 'prepare 5', 'promised', 'bc'),
    ...exchanged('p3', 'accept 4', 'conflict', 'bc'),
    'p3 settle',
  ],
};

/** p1 has written and is about to delete; what it deleted may be collected, and p2 creates. */
const DELETED_AND_COLLECTED: Scope = {
  ...scope(
    'a delete under way, and what it deletes is collected, beside a create',
    persistent(1, [create('A')], [remove]),
    persistent(2, [create('B')]),
  ),
  collects: true,
  opening: [
    'p1 begin',
    ...exchanged('p1', 'prepare 1', 'promised', 'ab'),
    ...exchanged('p1', 'accept 1', 'accepted', 'ab'),
    'p1 begin',
  ],
};

/** The delete is at a and b and is told. */
const COLLECTED: Scope = {
  ...DELETED_AND_COLLECTED,
  name: 'a delete that is collected beside a create',
  opening: [...DELETED_AND_COLLECTED.opening, ...exchanged('p1', 'accept 2', 'accepted', 'ab')],
};

/** Together half a minute on one core: what `npm test` explores. */
export const SMALL_SCOPES: readonly Scope[] = [
  COLLECTED,
  scope('two creates', persistent(2, [create('A')]), persistent(1, [create('B')])),
  scope('two creates given up', impatient(1, [create('A')]), impatient(1, [create('B')])),
  scope('two sets of a switch', persistent(2, [set]), persistent(1, [set], [readSwitch])),
  scope('a read beside two writes', impatient(1, [write('A')], [write('B')]), persistent(1, [read])),
  scope('a cas beside a cas', persistent(1, [write('A')], [cas(1, 'B')]), persistent(2, [cas(1, 'C')])),
  {
    ...scope(
      'a stale cas beside a write',
      persistent(1, [write('A')], [cas(2, 'B')]),
      persistent(2, [write('C')]),
    ),
    opening: [
      'p1 begin',
      ...exchanged('p1', 'prepare 1', 'promised', 'ab'),
      ...exchanged('p1', 'accept 1', 'accepted', 'ab'),
    ],
  },
  {
    ...scope(
      'a write that a read joins, beside a write',
      persistent(1, [write('A')], [read], [write('B')]),
      persistent(2, [write('C')]),
    ),
    opening: [
      'p1 begin',
      ...exchanged('p1', 'prepare 1', 'promised', 'ab'),
      ...exchanged('p1', 'accept 1', 'accepted', 'ab'),
      'p1 begin',
    ],
  },
  scope('one id at two proposers', impatient(1, [write('A', 'x')]), impatient(1, [write('A', 'x')])),
  {
    ...scope(
      'one numbered request at two proposers, and another',
      persistent(2, [write('A', '~c.1')]),
      persistent(1, [write('A', '~c.1')], [write('B', 'y')]),
    ),
    opening: [
      'p2 begin',
      ...exchanged('p2', 'prepare 1', 'promised', 'ab'),
      ...exchanged('p2', 'accept 1', 'accepted', 'ab'),
      'p2 begin',
      'p1 begin',
    ],
  },
  scope(
    'one passed request at two proposers',
    persistent(1, [passed(1, write('A'))]),
    persistent(2, [passed(1, write('A'))]),
  ),
  scope(
    'two passed requests, and one of them taken over',
    impatient(1, [passed(1, create('A')), passed(2, remove)]),
    impatient(1, [passed(1, create('A'))]),
  ),
  scope(
    'a batch beside a write',
    persistent(1, [write('A'), create('B'), read]),
    persistent(2, [write('C')]),
  ),
  scope('a crash beside a read', mortal(1, [write('A')], [read]), persistent(1, [read])),
  scope('writes given up', impatient(1, [write('A')], [write('B')], [write('C')])),
  {
    ...scope(
      'a read beside two given up',
      impatient(1, [write('A')]),
      impatient(1, [write('B')]),
      persistent(1, [read]),
    ),
    opening: [
      'p1 begin',
      ...exchanged('p1', 'prepare 1', 'promised', 'ab'),
      'a gets accept 1 of p1',
      'p2 begin',
      ...exchanged('p2', 'prepare 1', 'promised', 'bc'),
      'c gets accept 1 of p2',
      'p1 deadline',
    ],
  },
  BURNT_FOUND,
  BURNT_CAS,
  scope('writes under a floor given up', floored(1, impatient(1, [write('A')], [write('B')]))),
  scope(
    'a create under a floor given up',
    floored(1, impatient(0, [create('A')])),
    impatient(1, [create('B')]),
  ),
  scope(
    'two creates under floors',
    floored(1, persistent(0, [create('A')])),
    floored(1, persistent(0, [create('B')])),
  ),
];

/** So small that it can be explored with nothing left out, to see that what is left out tells nothing new. */
export const TINY_SCOPE: Scope = scope(
  'a write beside a read',
  impatient(1, [write('A')]),
  persistent(0, [read]),
);

/** Minutes each: for `node dist/test/exploration/main.js`. */
export const LARGE_SCOPES: readonly Scope[] = [
  DELETED_AND_COLLECTED,
  scope(
    'one passed request at two proposers, two rounds',
    persistent(2, [passed(1, write('A'))]),
    persistent(1, [passed(1, write('A'))], [write('B')]),
  ),
  {
    ...scope('a burnt round beside a write', persistent(3, [write('A')]), persistent(2, [write('B')])),
    opening: BURNT_AT_A,
  },
  scope('two creates, two rounds each', persistent(2, [create('A')]), persistent(2, [create('B')])),
  scope('two writes, two rounds each', persistent(2, [write('A')]), persistent(2, [write('B')])),
  scope('two creates given up, and a read', impatient(1, [create('A')]), impatient(1, [create('B')], [read])),
  scope(
    'one id at two proposers, and a read',
    impatient(1, [write('A', 'x')]),
    impatient(1, [write('A', 'x')], [read]),
  ),
  scope(
    'two reads beside two writes',
    impatient(1, [write('A')], [write('B')]),
    persistent(1, [read], [read]),
  ),
  scope(
    'writes given up beside a write',
    impatient(2, [write('A')], [write('B')]),
    persistent(1, [write('C')]),
  ),
  scope('a crash between two writes', mortal(2, [write('A')], [write('B')]), persistent(1, [read])),
  scope('crashes on both sides', mortal(1, [create('A')], [read]), mortal(1, [create('B')], [read])),
  {
    ...scope(
      'three creates',
      persistent(1, [create('A')]),
      persistent(1, [create('B')]),
      persistent(1, [create('C')]),
    ),
    opening: ['p1 begin', ...exchanged('p1', 'prepare 1', 'promised', 'ab'), 'p2 begin', 'p3 begin'],
  },
  {
    ...scope(
      'a retry after a refusal',
      persistent(2, [create('A')], [remove]),
      persistent(2, [create('B', 'x')]),
      persistent(2, [create('B', 'x')]),
    ),
    opening: [
      'p1 begin',
      ...exchanged('p1', 'prepare 1', 'promised', 'ab'),
      ...exchanged('p1', 'accept 1', 'accepted', 'ab'),
      'p2 begin',
      ...exchanged('p2', 'prepare 1', 'conflict', 'a'),
      'p2 settle',
      ...exchanged('p2', 'prepare 3', 'promised', 'ab'),
      ...exchanged('p2', 'accept 3', 'accepted', 'ab'),
      'p3 begin',
    ],
  },
  {
    ...scope(
      'a refusal under a floor, and a read',
      floored(1, impatient(1, [create('A')], [read])),
      impatient(1, [create('B')]),
    ),
    opening: [
      'p2 begin',
      ...exchanged('p2', 'prepare 1', 'promised', 'ab'),
      'a gets accept 1 of p2',
      'p1 ask',
    ],
  },
  scope('a create under a floor', floored(1, persistent(1, [create('A')])), persistent(1, [create('B')])),
  scope(
    'steady writes beside a write',
    persistent(1, [write('A')], [write('B')], [write('C')]),
    persistent(2, [write('D')]),
  ),
];
