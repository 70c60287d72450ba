import test from 'ava';
import fc from 'fast-check';
import type { Pending } from '../../src/protocol/batch.ts';
import { resolveAttempts } from '../../src/protocol/batch.ts';
import {
  isCollectible,
  remainsAmong,
  remainsOf,
  SESSIONS_LEFT_MAX,
  UNSET_MS,
  withRemains,
} from '../../src/protocol/collected.ts';
import { Collecting } from '../../src/protocol/collecting.ts';
import { isForgotten, numberedId } from '../../src/protocol/sessions.ts';
import { type RegisterState, UNSET } from '../../src/protocol/state.ts';
import { decodeState, encodeState } from '../../src/transport/state-codec.ts';
import { randomRuns } from '../history/random-runs.ts';
import { states } from './arbitrary.ts';

const CODEC = { encode: encodeState, decode: decodeState };
const GROUP = { cluster: 'test', epoch: 1, acceptors: ['a', 'b', 'c'] };
const gone: RegisterState = { ...UNSET, kind: 'variable', version: 4, untilMs: 100 };

test('isCollectible() is a matter of variables that are unset, once their time is over (D1)', t => {
  t.true(isCollectible(gone, 100));
  t.false(isCollectible(gone, 99));
  t.false(isCollectible({ ...gone, set: true, value: 1 }, 1000));
  for (const kind of ['switch', 'register'] as const) t.false(isCollectible({ ...gone, kind }, 1000));
  t.true(isCollectible({ ...gone, kind: undefined }, 1000));
});

test('isCollectible() waits for the ids of an older release, which noted no times (R1)', t => {
  const ended = { kind: 'done', version: 4, result: undefined } as const;
  const old = { ...gone, untilMs: undefined, remembered: [{ id: 'x', atSeconds: 50, ended }] };
  t.false(isCollectible(old, 50_000 + UNSET_MS - 1));
  t.true(isCollectible(old, 50_000 + UNSET_MS));
});

test('remainsOf() and withRemains() lose neither a version, nor a pass, nor a session, but for too many (D3)', t => {
  const property = fc.property(states, states, (one, other) => {
    const left = withRemains(remainsOf(one, 7), remainsOf(other, 5));
    for (const { version, passes, remembered } of [one, other]) {
      if (left.version < version) return false;
      if (passes.latest.some(({ number }) => number > left.passes.dropped)) return false;
      if (left.passes.dropped < passes.dropped) return false;
      t.true(remembered.length <= 3);
    }
    return left.collected >= 7 && left.forgotten.length <= SESSIONS_LEFT_MAX && !left.set;
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 500)));
});

test('remainsOf() knows every number of a session up to its last one (R4)', t => {
  const ended = { kind: 'done', version: 4, result: undefined } as const;
  const id = (number: number) => numberedId({ session: 's', number });
  const remembered = [{ id: id(9), atSeconds: 1, ended }];
  const forgotten = [{ session: 's', ranges: [{ first: 2, last: 3 }] }];
  const left = remainsOf({ ...gone, remembered, forgotten }, 7);
  for (const number of [0, 3, 9]) t.true(isForgotten(left.forgotten, id(number)));
  t.false(isForgotten(left.forgotten, id(10)));
});

test('remainsAmong() takes all that any of them knows', t => {
  const some = [UNSET, remainsOf(gone, 3), remainsOf({ ...gone, version: 9 }, 2)];
  t.like(remainsAmong(some), { version: 9, collected: 3 });
  t.is(remainsAmong([UNSET, UNSET]), UNSET);
});

test('resolveAttempts() cannot tell what came of a round of an earlier life of the register (R2, D3)', t => {
  const outcome = { kind: 'done', view: { set: true, value: 1, version: 1 }, duplicate: false } as const;
  const request = { operation: { type: 'variable.write', value: 1 }, id: undefined } as const;
  const pending = (token: number, counter: number): Pending => {
    return { token, request, deadlineMs: 0, attempts: [{ counter, outcome }] };
  };
  const batch = [pending(1, 6), pending(2, 7), pending(3, 8)];
  const { unknowable, batch: left } = resolveAttempts(batch, remainsOf(gone, 7), 'p');
  t.deepEqual(
    unknowable.map(({ token }) => token),
    [1, 2],
  );
  t.deepEqual(
    left.map(({ token }) => token),
    [3],
  );
  const marked = { ...remainsOf(gone, 7), rounds: [{ proposer: 'p', counter: 8 }] };
  t.deepEqual(resolveAttempts(batch, marked, 'p').unknowable, []);
});

function collecting(configuration = GROUP): Collecting {
  return new Collecting({ configuration, keys: ['k'], serial: 3, codec: CODEC, nowMs: 200 });
}

function report(counter: number, state: RegisterState = gone, serial = 3) {
  const value = counter === 0 ? new Uint8Array(0) : encodeState(state);
  return { kind: 'report', key: 'k', serial, accepted: { counter, proposer: 'p' }, value } as const;
}

test('Collecting finds due what every acceptor holds under one ballot, and copies it to who lacks it (D1)', t => {
  const behind = collecting();
  behind.receive('a', report(5));
  behind.receive('b', report(5));
  t.deepEqual(behind.due, []);
  t.true(behind.receive('c', report(4, { ...gone, set: true, value: 1 })));
  t.deepEqual(behind.due, []);
  t.deepEqual(behind.copiesFor('a'), []);
  t.like(behind.copiesFor('c')[0], { kind: 'copy', accepted: { counter: 5 } });
  t.deepEqual(behind.split, ['k']);

  const all = collecting();
  for (const acceptor of GROUP.acceptors) all.receive(acceptor, report(5));
  t.like(all.due[0], { key: 'k', accepted: { counter: 5 } });
  t.deepEqual(all.split, []);
  const [command] = all.collects({ counter: 9, proposer: 'q' });
  t.like(command, { kind: 'collect', accepted: { counter: 5 }, ballot: { counter: 9, proposer: 'q' } });
});

test('Collecting counts each member once, and no report to an earlier read (P3)', t => {
  const one = collecting();
  one.receive('a', report(5));
  one.receive('a', report(5));
  one.receive('stranger', report(5));
  one.receive('b', report(5));
  one.receive('c', report(5, gone, 2));
  t.false(one.isAnswered);
  t.deepEqual(one.due, []);
});

test('Collecting finds nothing due in a joint epoch, nor what may still be asked for (D1)', t => {
  const joint = { before: ['a', 'b', 'c'], after: ['a', 'b'] };
  const changing = collecting({ ...GROUP, ...{ joint } });
  const early = collecting();
  for (const acceptor of GROUP.acceptors) {
    changing.receive(acceptor, report(5));
    early.receive(acceptor, report(5, { ...gone, untilMs: 201 }));
  }
  t.deepEqual(changing.due, []);
  t.deepEqual(early.due, []);
});
