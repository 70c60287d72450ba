// Every interleaving of small scopes, over the protocol functions of src: all rules hold in all states. What
// is checked is judge.ts; that it would notice is shown by rules broken on purpose.

import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { EXPLORE_ALL, explore } from './explorer.ts';
import {
  BURNT_FORGOTTEN,
  BURNT_TAKEN_FOR_CHOSEN,
  BURNT_TAKEN_FOR_LOST,
  COLLECTED_BELOW_PROMISE,
  COLLECTED_FROM_QUORUM,
  COLLECTED_WITHOUT_FLOOR,
  FLOOR_FORGOTTEN,
  FLOOR_USED_TWICE,
  FLOOR_WITHOUT_FILTER,
  NUMBERS_LEFT_OUT,
  PASS_MARKS_LEFT_OUT,
  QUORUM_OF_ONE,
  REFUSAL_FROM_MEMORY,
  REPLIES_FOR_VOTES,
  STANDING_KEPT,
  UNCHECKED_PROMISE,
} from './faults.ts';
import { keyOfData } from './interning.ts';
import {
  DECIDED_BY_THOSE_AFTER,
  DECIDED_BY_THOSE_BEFORE,
  EARLIER_EPOCH_ANSWERED,
  FLOOR_NOT_RAISED,
  NOTHING_COPIED,
  REFUSED_COPY_COUNTED,
  ROUND_KEPT,
} from './member-faults.ts';
import { SMALL_MEMBER_SCOPES } from './member-scopes.ts';
import {
  BROUGHT_OVER,
  CLOSED_READ,
  CLOSED_VOTED,
  ENDED_WITHOUT_KEYS,
  FETCHED_FROM_ONE,
  LISTED_WHILE_OPEN,
  NAMES_SHARED,
  NOTHING_BROUGHT,
} from './move-faults.ts';
import { SMALL_MOVE_SCOPES } from './move-scopes.ts';
import { RULES, type Rules, type Scope } from './scope.ts';
import { SMALL_SCOPES, TINY_SCOPE } from './scopes.ts';

// Each test lets the one before it be reported, as none of them ever waits for anything.

const COLLECTED = 'a delete that is collected beside a create';
const WITH_A_READ = 'a move beside a write and a read';
const BROUGHT_BY_TWO = 'a move that two bring a key for';
const ONE_OPEN = 'a move with an acceptor that has not closed';
const THERE_AND_BACK = 'a move there and back beside two writes';
const BROUGHT_TO_TWO = 'a move to two, whose mover stopped, that two bring a key for';

/** How many states each scope had when this was written, and what must have happened in some of them. */
const KNOWN = new Map<string, { readonly states: number; readonly seen: readonly string[] }>([
  [
    'two creates',
    {
      states: 200_000,
      seen: [
        'preparing → waiting',
        'accepting → preparing',
        'preparing → idle: done',
        'accepting → idle: refused',
      ],
    },
  ],
  [
    'two creates given up',
    { states: 20_000, seen: ['preparing → idle: no_quorum', 'accepting → idle: unknown'] },
  ],
  ['two sets of a switch', { states: 200_000, seen: ['idle → idle: done', 'preparing → idle: refused'] }],
  ['a read beside two writes', { states: 37_000, seen: ['idle → accepting', 'reading → preparing'] }],
  ['a cas beside a cas', { states: 94_000, seen: ['idle → accepting', 'accepting → idle: refused'] }],
  ['a stale cas beside a write', { states: 7_800, seen: ['reading → idle: refused', 'idle → reading'] }],
  [
    'one id at two proposers',
    { states: 20_000, seen: ['accepting → idle: done', 'accepting → idle: unknown'] },
  ],
  [
    'one numbered request at two proposers, and another',
    { states: 33_000, seen: ['accepting → idle: done', 'preparing → idle: unknown'] },
  ],
  [
    'one passed request at two proposers',
    {
      states: 240_000,
      seen: ['accepting → preparing', 'accepting → idle: done', 'accepting → idle: unknown'],
    },
  ],
  [
    'two passed requests, and one of them taken over',
    { states: 44_000, seen: ['accepting → idle: done', 'preparing → idle: no_quorum'] },
  ],
  ['a batch beside a write', { states: 240_000, seen: ['accepting → preparing', 'preparing → idle: done'] }],
  ['a crash beside a read', { states: 72_000, seen: ['reading → idle: done', 'accepting → idle'] }],
  [
    'a burnt round that another finds',
    { states: 64_000, seen: ['preparing → accepting', 'accepting → idle: done'] },
  ],
  ['a burnt cas that would be refused', { states: 36_000, seen: ['accepting → idle: refused'] }],
  ['a read beside two given up', { states: 23_000, seen: ['reading → preparing', 'preparing → accepting'] }],
  ['writes under a floor given up', { states: 33_000, seen: ['idle → accepting', 'reading → accepting'] }],
  [
    'a create under a floor given up',
    { states: 42_000, seen: ['idle → accepting', 'accepting → idle: unknown'] },
  ],
  ['two creates under floors', { states: 211_000, seen: ['idle → accepting', 'reading → accepting'] }],
  [COLLECTED, { states: 2_600, seen: ['accepting → idle: done', 'preparing → accepting'] }],
  [
    'one acceptor for another',
    {
      states: 146_000,
      seen: ['members: copying → raising', 'members: raising → over', 'reading → idle: done'],
    },
  ],
  ['one acceptor more', { states: 39_000, seen: ['members: raising → over', 'reading → idle: done'] }],
  [
    'a write that a read joins, beside a write',
    { states: 98_000, seen: ['reading → accepting', 'accepting → idle: done'] },
  ],
  [
    'a write half way, and one of three replaced',
    {
      states: 1650,
      seen: ['members: telling → copying', 'members: copying → raising', 'accepting → idle: done'],
    },
  ],
  [
    'a round that stopped in the epoch before',
    { states: 109_000, seen: ['members: raising → over', 'preparing → preparing', 'accepting → idle: done'] },
  ],
  ['copies that are refused', { states: 23_000, seen: ['members: copying → copying'] }],
  [
    WITH_A_READ,
    {
      states: 64_000,
      seen: ['router: closed', 'router: map learnt', 'router: brought', 'router: nothing to bring'],
    },
  ],
  [
    BROUGHT_BY_TWO,
    {
      states: 113_000,
      seen: ['router: found brought', 'router: answered unknown', 'second: accepting → preparing'],
    },
  ],
  [ONE_OPEN, { states: 34_000, seen: ['mover: listing → bringing', 'mover: arriving → over'] }],
  [BROUGHT_TO_TWO, { states: 81_000, seen: ['router: found brought', 'second: reading → preparing'] }],
  ['a move that is begun again', { states: 4100, seen: ['mover: bringing → closing'] }],
  [
    THERE_AND_BACK,
    {
      states: 15_800,
      seen: ['mover: arriving → deciding', 'mover: arriving → over', 'router: found brought'],
    },
  ],
  ['writes given up', { states: 190, seen: ['idle → accepting', 'accepting → idle: unknown'] }],
]);

const SCOPES = [...SMALL_SCOPES, ...SMALL_MEMBER_SCOPES, ...SMALL_MOVE_SCOPES];

for (const scope of SCOPES) {
  test.serial(
    `explore() finds no broken rule in any state, when the scope is '${scope.name}' (${checkedIn(scope)})`,
    async t => {
      await nextTurn();
      const { kind, states, steps, seen, story, broken } = explore(scope, RULES);
      t.log(`${states} states, ${steps} steps`);
      t.is(kind, 'complete', `${broken?.message}, after\n${story.join('\n')}`);
      const known = KNOWN.get(scope.name);
      t.true(known !== undefined && states >= known.states, `Only ${states} states were visited`);
      for (const what of known?.seen ?? []) t.true(seen.has(what), `Nothing went from ${what}`);
    },
  );
}

function checkedIn({ change, move }: Scope): string {
  if (move !== undefined) return 'A1, A2, P1-P4, G1-G4';
  return change === undefined ? 'A1, A2, F1, P1-P4, R1-R4' : 'A1, A2, P1-P4, C1-C5';
}

test.serial(
  'explore() finds all that clients can see, when it leaves out what tells nothing new',
  async t => {
    await nextTurn();
    const reduced = explore(TINY_SCOPE, RULES);
    const whole = explore(TINY_SCOPE, RULES, { ...EXPLORE_ALL, reduced: false });
    t.log(`${reduced.states} of ${whole.states} states`);
    t.is(whole.kind, 'complete');
    t.true(whole.states > 50 * reduced.states);
    t.deepEqual(reduced.recordings.map(keyOfData).sort(), whole.recordings.map(keyOfData).sort());
    t.deepEqual([...reduced.seen].sort(), [...whole.seen].sort());
  },
);

const CONTROLS: readonly (readonly [string, Rules, string, string])[] = [
  ['acceptors accept below their promise', UNCHECKED_PROMISE, 'two creates', 'agreement'],
  ['one acceptor is a quorum', QUORUM_OF_ONE, 'two creates', 'chosen first'],
  ['votes are counted by reply, not by acceptor', REPLIES_FOR_VOTES, 'two creates', 'chosen first'],
  ['a proposer keeps its standing ballot after giving up', STANDING_KEPT, 'writes given up', 'P1'],
  [
    'numbers of ids are left out',
    NUMBERS_LEFT_OUT,
    'one numbered request at two proposers, and another',
    'once',
  ],
  ['pass marks are left out', PASS_MARKS_LEFT_OUT, 'one passed request at two proposers', 'once'],
  ['a burnt round is taken for lost', BURNT_TAKEN_FOR_LOST, 'two creates', 'P2'],
  ['a burnt cas is taken for lost', BURNT_TAKEN_FOR_LOST, 'a burnt cas that would be refused', 'P2'],
  ['a burnt round is forgotten', BURNT_FORGOTTEN, 'a burnt round that another finds', 'once'],
  ['a burnt round is taken for chosen', BURNT_TAKEN_FOR_CHOSEN, 'two creates', 'chosen first'],
  ['a floor is answered without its filter', FLOOR_WITHOUT_FILTER, 'two creates under floors', 'agreement'],
  ['acceptors vote below a floor', FLOOR_FORGOTTEN, 'two creates under floors', 'agreement'],
  ['a floor is used twice for a key', FLOOR_USED_TWICE, 'writes under a floor given up', 'P1'],
  ['what a quorum had deleted is collected', COLLECTED_FROM_QUORUM, COLLECTED, 'agreement'],
  ['a slot is dropped without a floor', COLLECTED_WITHOUT_FLOOR, COLLECTED, 'A1'],
  ['a slot is dropped though more was promised', COLLECTED_BELOW_PROMISE, COLLECTED, 'A1'],
  ['the members after decide alone', DECIDED_BY_THOSE_AFTER, 'one acceptor for another', 'chosen first'],
  ['the members before decide alone', DECIDED_BY_THOSE_BEFORE, 'one acceptor more', 'chosen first'],
  [
    'an epoch is answered after a later one was adopted',
    EARLIER_EPOCH_ANSWERED,
    'a write half way, and one of three replaced',
    'chosen first',
  ],
  ['a key is not brought over', NOTHING_COPIED, 'one acceptor for another', 'linearizable'],
  ['a refused copy counts', REFUSED_COPY_COUNTED, 'copies that are refused', 'agreement'],
  [
    'a round goes on over an epoch',
    ROUND_KEPT,
    'a write half way, and one of three replaced',
    'chosen first',
  ],
  [
    'the floor is not raised for the members after',
    FLOOR_NOT_RAISED,
    'a round that stopped in the epoch before',
    'agreement',
  ],
  ['reads of a closed stay are answered', CLOSED_READ, WITH_A_READ, 'linearizable'],
  ['values are voted on in a closed stay', CLOSED_VOTED, BROUGHT_BY_TWO, 'agreement'],
  ['two stays of a group have the same names', NAMES_SHARED, THERE_AND_BACK, 'agreement'],
  ['what one acceptor has is taken for all', FETCHED_FROM_ONE, ONE_OPEN, 'linearizable'],
  ['a key is taken for new in the next stay', NOTHING_BROUGHT, BROUGHT_BY_TWO, 'agreement'],
  ['what is brought takes the place of what is there', BROUGHT_OVER, BROUGHT_TO_TWO, 'version'],
  ['keys are listed while a stay is open', LISTED_WHILE_OPEN, ONE_OPEN, 'linearizable'],
  ['a move ends without its keys', ENDED_WITHOUT_KEYS, WITH_A_READ, 'linearizable'],
  ['a refusal is answered from memory', REFUSAL_FROM_MEMORY, 'a stale cas beside a write', 'linearizable'],
];

for (const [what, rules, name, rule] of CONTROLS) {
  test.serial(`explore() finds the broken rule, when ${what} (${rule})`, async t => {
    await nextTurn();
    const scope = SCOPES.find(candidate => candidate.name === name);
    if (scope === undefined) throw new Error(`There is no scope '${name}'`);
    const { kind, broken, story } = explore(scope, rules);
    t.is(kind, 'broken');
    t.is(broken?.rule, rule);
    t.true(story.length > 1 && story.every(line => line !== ''));
    t.log(`${story.length} steps`);
  });
}
