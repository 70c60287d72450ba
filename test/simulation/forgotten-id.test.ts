// A proposer is paused with a request in hand, another one applies a copy of it, and so many requests of the same
// register follow that its id is remembered no longer. This is that story, told with the actors of the product.

import test from 'ava';
import type { Operation } from '../../src/protocol/operation.ts';
import { REMEMBERED_MAX } from '../../src/protocol/register.ts';
import { numberedId } from '../../src/protocol/sessions.ts';
import { Stage, type StagedProposer } from './stage.ts';

const ACCEPTORS = ['first', 'second', 'third'];
const COPIED = numberedId({ session: 'client', number: 1 });
const append = (token: string): Operation => ({ type: 'variable.change', change: 'append', args: [token] });

/** What the copied request's token is there after the pause, and what the paused proposer says of it. */
function afterPause(pause: (paused: StagedProposer) => void): { times: number; told: string | undefined } {
  const stage = new Stage(ACCEPTORS);
  const paused = stage.proposer('paused');
  const other = stage.proposer('other');
  pause(paused);
  other.ask(1, 'k', append('copied'), COPIED);
  other.exchangeWith(...ACCEPTORS);
  for (let i = 0; i < REMEMBERED_MAX; i++) other.ask(2 + i, 'k', append(`later-${i}`), `later-${i}`);
  other.exchangeWith(...ACCEPTORS);
  stage.nowMs += 300;
  paused.wait(0);
  for (let waits = 0; waits < 10 && !paused.answers.has(7); waits++) {
    paused.exchangeWith(...ACCEPTORS);
    paused.wait(50);
  }
  other.ask(1000, 'k', { type: 'variable.read' });
  other.exchangeWith(...ACCEPTORS);
  const answer = other.answers.get(1000);
  const list = answer !== undefined && 'view' in answer ? answer.view?.value : undefined;
  const times = Array.isArray(list) ? list.filter(token => token === 'copied').length : 0;
  return { times, told: paused.answers.get(7)?.kind };
}

test('simulation: a request in the hand of a paused proposer is not applied again, cold (R4)', t => {
  t.deepEqual(
    afterPause(paused => paused.ask(7, 'k', append('copied'), COPIED)),
    { times: 1, told: 'unknown' },
  );
});

test('simulation: a request in the hand of a paused proposer is not applied again, with an accept on its way (R4)', t => {
  t.deepEqual(
    afterPause(paused => {
      paused.ask(6, 'k', append('before'));
      paused.exchangeWith(...ACCEPTORS);
      paused.ask(7, 'k', append('copied'), COPIED);
    }),
    { times: 1, told: 'unknown' },
  );
});
