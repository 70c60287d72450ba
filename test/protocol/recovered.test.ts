// A burnt round that no quorum accepted may still be found by another proposer, and live on in what that one
// makes of it. So a burnt round is dead only when a ballot above it is chosen without it (R2).

import test from 'ava';
import type { Operation } from '../../src/protocol/operation.ts';
import { Group, read, shown, write } from './group.ts';

const casValue = (expect: string, value: string): Operation => {
  return { type: 'variable.cas', value, expect: { by: 'value', value: expect } };
};

test('receive() applies a request once, when its first round is found by another after its second one (R2)', t => {
  const group = new Group();
  const [first, second] = [group.proposer('p1'), group.proposer('p2')];
  const [token] = first.begin(write('A'));
  first.exchange('a', 'b');
  group.vote('a', first.command);
  // p2 stands in the way at b and c, and p1 learns there that nothing was accepted.
  second.ballots.observe({ counter: 1, proposer: 'p1' });
  const [other] = second.begin(write('B'));
  second.exchange('b', 'c');
  first.exchange('b', 'c');
  first.exchange('b', 'c');
  t.is(first.phase, 'accepting');
  // p2 is overtaken as well, and finds the first round of p1 at a.
  second.exchange('b', 'c');
  second.exchange('a', 'b');
  second.exchange('a', 'b');
  t.deepEqual(second.answer(other), shown('B', 2));
  first.exchange('a', 'b');
  first.wait(100);
  first.finish('a', 'b');
  t.deepEqual(first.answer(token), shown('A', 1));
  const [reading] = second.begin(read);
  second.finish('a', 'b', 'c');
  t.deepEqual(second.answer(reading), shown('B', 2));
});

test('receive() refuses no request of which a burnt round may still be found (P2, R2)', t => {
  const group = new Group();
  const [first, second, third] = [group.proposer('p1'), group.proposer('p2'), group.proposer('p3')];
  second.begin(write('V'));
  second.finish('a', 'b', 'c');
  // A write of 'B' reaches a alone; p1 finds it there, and its cas on 'B' reaches a alone too.
  second.begin(write('B'));
  second.exchange('a');
  first.ballots.observe({ counter: 5, proposer: 'p2' });
  const [token] = first.begin(casValue('B', 'C'));
  first.exchange('a', 'b');
  group.vote('a', first.command);
  // p3 stands in the way at b and c, where p1 finds the chosen 'V', which refuses the cas.
  third.ballots.observe({ counter: 7, proposer: 'p1' });
  const [reading] = third.begin(write('D'));
  third.exchange('b', 'c');
  first.exchange('b', 'c');
  first.exchange('b', 'c');
  const early = first.answer(token);
  // p3 is overtaken as well, and finds the burnt round of p1 at a.
  third.exchange('b', 'c');
  third.exchange('a', 'b');
  third.finish('a', 'b');
  t.deepEqual(third.answer(reading), shown('D', 4));
  t.is(early, undefined);
  first.exchange('a', 'b');
  first.wait(100);
  first.finish('a', 'b');
  t.deepEqual(first.answer(token), shown('C', 3));
});
