import test from 'ava';
import { compareHoldings, type Holdings, ruleBroken } from '../../src/protocol/comparison.ts';

const CONFIGURATION = { cluster: 'c', epoch: 1, acceptors: ['a', 'b', 'c'] };

/** `a: '7x'` is ballot 7 with a value whose digest is x. */
function holdings(held: Readonly<Record<string, string>>): Holdings {
  return new Map(
    Object.entries(held).map(([name, [counter, digest = '']]) => [
      name,
      { accepted: { counter: Number(counter), proposer: 'p' }, digest },
    ]),
  );
}

const standingOf = (held: Readonly<Record<string, string>>): number | undefined =>
  compareHoldings(CONFIGURATION, holdings(held)).standing?.counter;

test('compareHoldings() finds the ballot that a quorum of all acceptors holds', t => {
  t.is(standingOf({ a: '7x', b: '7x', c: '7x' }), 7);
  t.is(standingOf({ a: '7x', b: '6w', c: '7x' }), 7);
  t.is(standingOf({ a: '7x', c: '7x' }), 7);
  t.is(standingOf({ a: '7x', b: '6w', c: '6w' }), 6, 'a newer one that a minority holds is not chosen');
  t.is(standingOf({}), 0);
  t.is(standingOf({ a: '7x', b: '6w', c: '5v' }), undefined);
  t.is(standingOf({ a: '7x' }), undefined, 'one of three, however few were asked');
});

test('compareHoldings() orders ballots of one counter by their proposers', t => {
  const held = new Map([
    ['a', { accepted: { counter: 7, proposer: 'q' }, digest: 'x' }],
    ['b', { accepted: { counter: 7, proposer: 'p' }, digest: 'w' }],
  ]);
  const { newest, standing } = compareHoldings(CONFIGURATION, held);
  t.deepEqual(newest, { counter: 7, proposer: 'q' });
  t.is(standing, undefined);
  t.is(ruleBroken('k', [held]), undefined, 'two ballots, not one with two values');
});

test('ruleBroken() finds two values under one ballot, also of different moments (A2)', t => {
  t.is(ruleBroken('k', [holdings({ a: '7x', b: '7x', c: '6w' })]), undefined);
  t.is(
    ruleBroken('k', [holdings({ a: '7x', b: '7y' })]),
    "'k': a and b hold two values under ballot 7 of p (A2)",
  );
  const apart = [holdings({ a: '7x', b: '6w' }), holdings({ a: '8z', b: '7y' })];
  t.regex(ruleBroken('k', apart) ?? '', /a and b hold two values under ballot 7/);
});

test('ruleBroken() finds an acceptor that went back, and none that went on or away (A1)', t => {
  t.is(
    ruleBroken('k', [holdings({ a: '7x' }), holdings({ a: '6w' })]),
    "'k': a went back from ballot 7 of p to 6 of p (A1)",
  );
  t.is(ruleBroken('k', [holdings({ a: '6w', b: '7x' }), holdings({ a: '7x' })]), undefined);
});
