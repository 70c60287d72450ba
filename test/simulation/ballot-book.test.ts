// The book must know which values were chosen, and which were only copied to where nothing is voted on any more.

import test from 'ava';
import type { Ballot } from '../../src/protocol/ballot.ts';
import { UNSET } from '../../src/protocol/state.ts';
import { encodeState } from '../../src/transport/state-codec.ts';
import { BallotBook } from './ballot-book.ts';
import { Violation } from './violation.ts';

const LOWER = proposal({ counter: 1, proposer: 'p' }, 2);
const HIGHER = proposal({ counter: 2, proposer: 'q' }, 1);

/** Of the only register. It builds on nothing that has a higher version. */
function proposal(ballot: Ballot, version: number): { readonly ballot: Ballot; readonly value: Uint8Array } {
  const state = { ...UNSET, kind: 'variable', set: true, value: ballot.proposer, version } as const;
  return { ballot, value: encodeState(state) };
}

const voter = (acceptor: string) => ({ acceptor, store: acceptor, epoch: 1 });

/** Two of three accept the lower, the second in another way perhaps; one the higher, which does not build on it. */
function book(second: 'accepted' | 'copied'): BallotBook {
  const all = new BallotBook(
    (_, voters) => voters.length >= 2,
    () => undefined,
  );
  all.accepted('k', voter('a'), LOWER);
  all[second]('k', voter('b'), LOWER);
  return all;
}

test('nothing is accepted above what was chosen that does not build on it', t => {
  const { message } = t.throws(() => book('accepted').accepted('k', voter('c'), HIGHER), {
    instanceOf: Violation,
  });
  t.regex(message, /1@p of 'k' was chosen/);
  t.throws(() => book('accepted').copied('k', voter('c'), HIGHER), { instanceOf: Violation });
});

test('a copy is no vote, and the disk had it nevertheless (G5)', t => {
  const all = book('copied');
  all.accepted('k', voter('c'), HIGHER);
  t.false(all.wasChosen('k', 'p', 2));
  t.true(all.wasAccepted('k', 'b', LOWER));
});
