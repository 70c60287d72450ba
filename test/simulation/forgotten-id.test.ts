// A proposer is paused with a request in hand, another one applies a copy of it, and so many requests of the same
// register follow that its id is remembered no longer. This is that story, told with the actors of the product.

import test from 'ava';
import type { Operation } from '../../src/protocol/operation.ts';
import { REMEMBERED_MAX } from '../../src/protocol/register.ts';
import { numberedId } from '../../src/protocol/sessions.ts';
import { Stage, type StagedProposer } from './stage.ts';

const ACCEPTORS = ['first', 'second', 'third'];
const COPIED = numberedId({ session: 'client', number: 1 });
const add = (amount: number): Operation => ({ type: 'variable.change', change: 'add', args: [amount] });
/** More than all others add together. */
const COPIED_ADDS = 1000;

/** How often the copied request was applied after the pause, and what the paused proposer says of it. */
function afterPause(pause: (paused: StagedProposer) => void): { times: number; told: string | undefined } {
  const stage = new Stage(ACCEPTORS);
  const paused = stage.proposer('paused');
  const other = stage.proposer('other');
  pause(paused);
  other.ask(1, 'k', add(COPIED_ADDS), COPIED);
  other.exchangeWith(...ACCEPTORS);
  for (let i = 0; i < REMEMBERED_MAX; i++) other.ask(2 + i, 'k', add(1), `later-${i}`);
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
  const sum = answer !== undefined && 'view' in answer ? Number(answer.view?.value) : 0;
  const times = Math.floor(sum / COPIED_ADDS);
  return { times, told: paused.answers.get(7)?.kind };
}

test('simulation: a request in the hand of a paused proposer is not applied again, cold (R4)', t => {
  t.deepEqual(
    afterPause(paused => paused.ask(7, 'k', add(COPIED_ADDS), COPIED)),
    { times: 1, told: 'unknown' },
  );
});

test('simulation: a request in the hand of a paused proposer is not applied again, with an accept on its way (R4)', t => {
  t.deepEqual(
    afterPause(paused => {
      paused.ask(6, 'k', add(1));
      paused.exchangeWith(...ACCEPTORS);
      paused.ask(7, 'k', add(COPIED_ADDS), COPIED);
    }),
    { times: 1, told: 'unknown' },
  );
});
