// R3: a request that one proposer passed on to another may come to be executed by both, and is applied once.

import test from 'ava';
import type { Operation, Request } from '../../src/protocol/operation.ts';
import { PASS_MARKS_MAX } from '../../src/protocol/passes.ts';
import { create, Group, type Proposer, read, remove, set, shown, UNSET_SHOWN, write } from './group.ts';

const passed = (operation: Operation, number: number, router = 'r', id?: string): Request => {
  return { operation, id, pass: { router, number } };
};

/** The proposer does it with all acceptors, and this is its answer. */
function done(proposer: Proposer, request: Request) {
  const [token] = proposer.beginRequests(request);
  proposer.finish('a', 'b', 'c');
  return proposer.answer(token);
}

function pair() {
  const group = new Group();
  return { group, home: group.proposer('home'), router: group.proposer('r') };
}

test('a stale pass is not applied, after the router served it itself and others wrote (R3)', t => {
  const { home, router } = pair();
  t.deepEqual(done(router, passed(write('A'), 1)), shown('A', 1));
  done(router, { operation: write('B'), id: undefined });
  t.is(done(home, passed(write('A'), 1))?.kind, 'unknown');
  t.deepEqual(done(router, { operation: read, id: undefined }), shown('B', 2));
});

test('a takeover is not applied, after the home did it and its acknowledgement was lost (R3)', t => {
  const { home, router } = pair();
  t.deepEqual(done(home, passed(write('A'), 1)), shown('A', 1));
  t.is(done(router, passed(write('A'), 1))?.kind, 'unknown');
  t.deepEqual(done(router, { operation: read, id: undefined }), shown('A', 1));
});

test('a pass that a later one of its router overtook is not applied (R3)', t => {
  const { home, router } = pair();
  done(home, passed(write('B'), 2));
  t.is(done(router, passed(write('A'), 1))?.kind, 'unknown');
});

test('the second one to execute a pass answers with the first outcome, when it has an id (R1, R3)', t => {
  const { home, router } = pair();
  t.deepEqual(done(home, passed(write('A'), 1, 'r', 'x')), shown('A', 1));
  t.deepEqual(done(router, passed(write('A'), 1, 'r', 'x')), { ...shown('A', 1), duplicate: true });
});

test('passes of one router are applied in ascending order within one batch (R3)', t => {
  const { home } = pair();
  const tokens = home.beginRequests(passed(write('A'), 1), passed(write('B'), 2), passed(write('C'), 3));
  home.finish('a', 'b', 'c');
  t.deepEqual(
    tokens.map(token => home.answer(token)),
    [shown('A', 1), shown('B', 2), shown('C', 3)],
  );
});

test('a pass that comes twice in one batch is applied once, and one out of order never (R3)', t => {
  const { home } = pair();
  const tokens = home.beginRequests(passed(write('B'), 2), passed(write('B'), 2), passed(write('A'), 1));
  home.finish('a', 'b', 'c');
  t.deepEqual(home.answer(tokens[0]), shown('B', 1));
  t.is(home.answer(tokens[1])?.kind, 'unknown');
  t.is(home.answer(tokens[2])?.kind, 'unknown');
});

test('a pass that was refused is not applied by the other one, though it would fit now (R3)', t => {
  const { home, router } = pair();
  done(router, { operation: write('A'), id: undefined });
  t.is(done(home, passed(create('B'), 1))?.kind, 'refused');
  done(router, { operation: remove, id: undefined });
  t.is(done(router, passed(create('B'), 1))?.kind, 'unknown');
  t.deepEqual(done(router, { operation: read, id: undefined }), UNSET_SHOWN);
});

test('a pass that had nothing to delete deletes nothing later (R3)', t => {
  const { home, router } = pair();
  t.deepEqual(done(home, passed(remove, 1)), UNSET_SHOWN);
  done(router, { operation: write('A'), id: undefined });
  t.is(done(router, passed(remove, 1))?.kind, 'unknown');
  t.deepEqual(done(router, { operation: read, id: undefined }), shown('A', 1));
});

test('a pass that was answered as a retry is not applied later, when its id is forgotten (R1, R3)', t => {
  const { home, router } = pair();
  done(home, { operation: write('A'), id: 'x' });
  t.like(done(home, passed(write('A'), 1, 'r', 'x')), { kind: 'done', duplicate: true });
  router.nowMs = 400_000;
  done(router, { operation: write('B'), id: 'y' });
  t.is(done(router, passed(write('A'), 1, 'r', 'x'))?.kind, 'unknown');
});

test('a refusal that no later state takes back costs no round, passed or not', t => {
  const { home, router } = pair();
  done(router, { operation: set, id: undefined });
  home.ballots.observe({ counter: 9, proposer: 'r' });
  const [token] = home.beginRequests(passed(set, 1));
  home.exchange('a', 'b', 'c');
  t.like(home.answer(token), { kind: 'refused', code: 'already_written' });
  t.is(home.phase, 'idle');
});

test('reads are passed without a mark: both may answer', t => {
  const { home, router } = pair();
  done(router, { operation: write('A'), id: undefined });
  t.deepEqual(done(home, passed(read, 1)), shown('A', 1));
  t.deepEqual(done(router, passed(read, 1)), shown('A', 1));
});

test('a pass is applied once, when both have a round of it under way (R2, R3)', t => {
  const { home, router } = pair();
  const [atHome] = home.beginRequests(passed(write('A'), 1));
  home.exchange('a', 'b');
  home.exchange('a');
  const [atRouter] = router.beginRequests(passed(write('A'), 1));
  router.ballots.observe({ counter: 9, proposer: 'home' });
  router.exchange('b', 'c');
  router.finish('a', 'b', 'c');
  home.finish('a', 'b', 'c');
  const answers = [home.answer(atHome), router.answer(atRouter)];
  t.is(answers.filter(answer => answer?.kind === 'done').length, 1);
  t.is(answers.filter(answer => answer?.kind === 'unknown').length, 1);
  t.deepEqual(done(router, { operation: read, id: undefined }), shown('A', 1));
});

test('an attempt that is found keeps its outcome, though its own pass is at the mark by now (R2, R3)', t => {
  const { home, router } = pair();
  const [atHome] = home.beginRequests(passed(write('A'), 1));
  home.exchange('a', 'b');
  home.exchange('a');
  router.ballots.observe({ counter: 9, proposer: 'home' });
  const [atRouter] = router.beginRequests(passed(write('A'), 1));
  router.exchange('a', 'b');
  router.finish('a', 'b', 'c');
  home.finish('a', 'b', 'c');
  t.deepEqual(home.answer(atHome), shown('A', 1));
  t.is(router.answer(atRouter)?.kind, 'unknown');
});

test('a router whose mark was dropped goes on with later numbers, and no stale pass of it is applied (R3)', t => {
  const { home, router } = pair();
  done(home, passed(write('A'), 1));
  for (let i = 0; i < PASS_MARKS_MAX; i++) done(home, passed(write('B'), 10 + i, `other-${i}`));
  t.is(done(router, passed(write('A'), 1))?.kind, 'unknown');
  t.like(done(home, passed(write('C'), 30)), { kind: 'done' });
});
