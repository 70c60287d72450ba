// The best known open-source implementation of CASPaxos keeps its ballot after a timeout, and so loses
// acknowledged writes. This is that story, told with the actors of the product.

import test from 'ava';
import type { Command } from '../../src/protocol/messages.ts';
import { Stage, TIMEOUT_MS } from './stage.ts';

test('simulation: a write that timed out at one acceptor never hides one that was acknowledged later (P1)', t => {
  const stage = new Stage(['first', 'second', 'third']);
  const writer = stage.proposer('writer');
  writer.ask(1, 'k', { type: 'variable.write', value: 'before' });
  writer.exchangeWith('first', 'second', 'third');
  t.is(writer.answers.get(1)?.kind, 'done');

  writer.ask(2, 'k', { type: 'variable.write', value: 'A' });
  writer.exchangeWith('first');
  writer.wait(TIMEOUT_MS);
  t.is(writer.answers.get(2)?.kind, 'unknown');

  writer.ask(3, 'k', { type: 'variable.write', value: 'B' });
  writer.exchangeWith('second', 'third');
  t.is(writer.answers.get(3)?.kind, 'done');
  t.is(new Set(acceptedBallots(writer.sent)).size, 3, 'Three values were sent under less than three ballots');

  const reader = stage.proposer('reader');
  reader.ask(1, 'k', { type: 'variable.read' });
  reader.exchangeWith('first', 'second');
  t.false(reader.answers.has(1), 'first and second differ, and third might still decide');
  reader.wait(100);
  reader.exchangeWith('first', 'second');
  for (let waits = 0; waits < 10 && !reader.answers.has(1); waits++) {
    reader.wait(50);
    reader.exchangeWith('first', 'second');
  }
  const view = { set: true, value: 'B', version: 2 };
  t.deepEqual(reader.answers.get(1), { kind: 'done', view, duplicate: false });
});

function acceptedBallots(commands: readonly Command[]): readonly number[] {
  return commands.flatMap(command => (command.kind === 'accept' ? [command.ballot.counter] : []));
}
