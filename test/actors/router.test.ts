// The router alone, over groups that a test plays.

import test from 'ava';
import { type RequestInput, Router, type RouterEvent } from '../../src/actors/router.ts';
import {
  FIRST_GROUP,
  type GroupMap,
  groupsValue,
  ONE_GROUP,
  placeOf,
  withArrival,
  withGroup,
  withMove,
} from '../../src/protocol/group-map.ts';
import { partitionOf } from '../../src/protocol/partition.ts';
import { type RegisterState, UNSET, viewOf } from '../../src/protocol/state.ts';
import type { ServiceAnswer } from '../../src/transport/reply-codec.ts';

const KEY = 'k';
const PARTITION = partitionOf(KEY);
const TWO = withGroup(ONE_GROUP, 'east', ['e1']);
const GOING = withMove(TWO, PARTITION, 'east');
const THERE = withArrival(GOING, PARTITION, placeOf(GOING, PARTITION));
const STATE: RegisterState = { ...UNSET, kind: 'variable', version: 3, set: true, value: 1 };

class Stage {
  readonly asked: (RequestInput & { readonly group: string })[] = [];
  readonly answers: (readonly [number, ServiceAnswer])[] = [];
  readonly events: RouterEvent[] = [];
  readonly renewed: (readonly [string, number])[] = [];
  readonly router = new Router({
    request: (group, input) => this.asked.push({ ...input, group }),
    renew: (group, partition) => this.renewed.push([group, partition]),
    answer: (token, answer) => this.answers.push([token, answer]),
    count: event => this.events.push(event),
  });

  request(token: number, key = KEY): void {
    this.router.request({
      kind: 'request',
      token,
      key,
      request: { operation: { type: 'variable.read' }, id: undefined },
      deadlineMs: 1000,
      bytes: 1,
    });
  }

  /** What was asked since the last look: group, name and operation. */
  looked(): readonly (readonly [string, string, string])[] {
    const asked = this.asked.map(({ group, key, request }) => [group, key, request.operation.type] as const);
    this.#last = this.asked.splice(0);
    return asked;
  }
  #last: RequestInput[] = [];

  /** Learns that the partition is on its way, and that the old group has closed it. */
  going(): void {
    this.router.learn(GOING, 1, 0);
    this.router.begin(PARTITION, placeOf(GOING, PARTITION), 1000, () => undefined);
    for (const _ of ['a quorum that answers now', 'the beginning']) {
      this.looked();
      this.answer(told(UNSET));
    }
  }

  /** Answers what was looked at last. */
  answer(answer: ServiceAnswer, at = 0, nowMs = 1): void {
    this.router.answered(this.#last[at]?.token ?? 0, answer, nowMs);
  }

  closed(group: string, nowMs = 1): void {
    const [input] = this.#last;
    if (input !== undefined) this.router.closed(group, input, nowMs);
  }

  map(map: GroupMap, version: number): void {
    this.answer({ kind: 'done', view: { set: true, value: groupsValue(map), version }, duplicate: false });
  }
}

const told = (state: RegisterState): ServiceAnswer => {
  return { kind: 'done', view: viewOf(state), duplicate: false, whole: state };
};
const NO_QUORUM: ServiceAnswer = { kind: 'no_quorum', why: 'nobody is there' };

test('of one group everything is asked as it is', t => {
  const stage = new Stage();
  stage.request(1);
  t.deepEqual(stage.looked(), [[FIRST_GROUP, KEY, 'variable.read']]);
  stage.answer(told(STATE));
  t.deepEqual(stage.answers, [[1, told(STATE)]]);
});

test('a closed stay makes it learn where the key is, and ask there (G1)', t => {
  const stage = new Stage();
  stage.request(1);
  stage.looked();
  stage.closed(FIRST_GROUP);
  t.deepEqual(stage.looked(), [[FIRST_GROUP, '$groups', 'variable.read']]);
  t.is(stage.router.waiting, 1);
  stage.map(THERE, 2);
  t.deepEqual(stage.looked(), [['east', `$1$${KEY}`, 'variable.read']]);
  t.is(stage.router.waiting, 0);
  stage.request(2, '$members');
  t.deepEqual(stage.looked(), [[FIRST_GROUP, '$members', 'variable.read']]);
});

test('a key on its way is brought once, whoever waits for it, and then used (G3)', t => {
  const stage = new Stage();
  stage.router.learn(GOING, 1, 0);
  stage.request(1);
  stage.request(2);
  t.deepEqual(stage.looked(), [[FIRST_GROUP, `!${PARTITION}`, 'state.fetch']]);
  stage.answer(told(UNSET));
  t.deepEqual(stage.looked(), [[FIRST_GROUP, KEY, 'state.fetch']]);
  stage.answer(told(STATE));
  t.deepEqual(stage.looked(), [['east', `$1$${KEY}`, 'state.bring']]);
  t.is(stage.router.waiting, 2);
  stage.answer(told(STATE));
  const read = ['east', `$1$${KEY}`, 'variable.read'] as const;
  t.deepEqual(stage.looked(), [read, read]);
  stage.request(3);
  t.deepEqual(stage.looked(), [read]);
});

test('a stay begins with what the old group has collected, and without promises of before (G3, D3)', t => {
  const stage = new Stage();
  stage.router.learn(GOING, 1, 0);
  t.deepEqual(stage.renewed, [['east', PARTITION]]);
  const begun: boolean[] = [];
  stage.router.begin(PARTITION, placeOf(GOING, PARTITION), 1000, isBegun => begun.push(isBegun));
  stage.looked();
  stage.answer(told(UNSET));
  stage.looked();
  const remains = { ...UNSET, version: 9, collected: 77 };
  stage.answer(told(remains));
  t.like(stage.asked[0], {
    group: 'east',
    key: `$1$!${PARTITION}`,
    request: { operation: { type: 'stay.begin', remains: { ...remains, collected: 1 } } },
  });
  stage.looked();
  t.deepEqual(begun, []);
  stage.answer(told(remains));
  t.deepEqual(begun, [true]);
  t.is(stage.renewed.length, 2);
  stage.router.begin(PARTITION, placeOf(GOING, PARTITION), 1000, isBegun => begun.push(isBegun));
  t.deepEqual(
    stage.looked(),
    [[FIRST_GROUP, `!${PARTITION}`, 'state.fetch']],
    'whoever ends it closes it again',
  );
  stage.answer(NO_QUORUM);
  t.deepEqual(begun, [true, false]);
  stage.router.begin(PARTITION, placeOf(TWO, PARTITION), 1000, isBegun => begun.push(isBegun));
  t.deepEqual(begun, [true, false, true], 'it is over');
});

test('of a key that the old group has nothing of, nothing is brought; one that is refused was brought (G3)', t => {
  const stage = new Stage();
  stage.going();
  stage.request(1);
  stage.looked();
  stage.answer(told(UNSET));
  t.deepEqual(stage.looked(), [['east', `$1$${KEY}`, 'variable.read']]);

  const other = new Stage();
  other.going();
  other.request(1);
  other.looked();
  other.answer(told(STATE));
  other.looked();
  other.answer({ kind: 'refused', code: 'conflict', why: 'it is there', view: viewOf(STATE) });
  t.deepEqual(other.looked(), [['east', `$1$${KEY}`, 'variable.read']]);
});

test('what cannot be brought in time was not applied (P2)', t => {
  const stage = new Stage();
  stage.going();
  stage.request(1);
  stage.looked();
  stage.answer(NO_QUORUM, 0, 500);
  t.deepEqual(stage.looked(), [[FIRST_GROUP, KEY, 'state.fetch']], 'there is time for another try');
  stage.answer(NO_QUORUM, 0, 1000);
  t.like(stage.answers[0]?.[1], { kind: 'no_quorum' });
  t.is(stage.answers.length, 1);
});

test('a request that waits for its key goes on when the move is over, and is asked once', t => {
  const stage = new Stage();
  stage.going();
  stage.request(1);
  stage.looked();
  stage.router.learn(THERE, 2, 0);
  const asked = stage.asked.length;
  stage.answer(told(UNSET));
  t.is(asked, 1);
  t.is(stage.asked.length, 1);
});

test('bring() ends when the key is there, at once when the move is over, and not by an older map (G4)', t => {
  const stage = new Stage();
  const ended: boolean[] = [];
  const onEnd = (isBrought: boolean): number => ended.push(isBrought);
  stage.router.bring(KEY, placeOf(GOING, PARTITION), 1000, onEnd);
  t.deepEqual(ended, [false], 'it has never heard of that move');
  stage.going();
  stage.router.bring(KEY, placeOf(GOING, PARTITION), 1000, onEnd);
  t.is(ended.length, 1);
  stage.looked();
  stage.answer(told(UNSET));
  t.deepEqual(ended, [false, true]);
  stage.router.learn(THERE, 2, 0);
  stage.router.bring(KEY, placeOf(GOING, PARTITION), 1000, onEnd);
  t.deepEqual(ended, [false, true, true]);
});

test('an older map is not learnt, and a newer one is looked for while something is on its way', t => {
  const stage = new Stage();
  stage.router.learn(THERE, 2, 0);
  stage.router.learn(GOING, 1, 0);
  t.is(stage.router.map, THERE);
  stage.router.tick(10_000);
  t.deepEqual(stage.looked(), []);
  stage.router.learn(withMove(THERE, PARTITION, FIRST_GROUP), 3, 0);
  stage.router.tick(999);
  t.deepEqual(stage.looked(), []);
  stage.router.tick(1000);
  t.deepEqual(stage.looked(), [[FIRST_GROUP, '$groups', 'variable.read']]);
});

test('a request whose map cannot be had in time was not applied', t => {
  const stage = new Stage();
  stage.request(1);
  stage.looked();
  stage.closed(FIRST_GROUP);
  stage.looked();
  stage.answer(NO_QUORUM, 0, 600);
  t.deepEqual(stage.looked(), [[FIRST_GROUP, '$groups', 'variable.read']]);
  stage.answer(NO_QUORUM, 0, 1100);
  t.like(stage.answers[0]?.[1], { kind: 'no_quorum' });
});
