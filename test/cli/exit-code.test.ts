// Exit codes: whether anything was applied.

import test from 'ava';
import { clientExitCode, EXIT_CODES, failureLines } from '../../src/cli/exit-code.ts';
import {
  BadRequestError,
  LeaseLostError,
  RefusedError,
  type SynodError,
  UnavailableError,
  UnknownOutcomeError,
} from '../../src/client/errors.ts';

const ASKED = { servers: ['nats://n1:4222'], prefix: 'orders' };
const STATE = { set: true, value: 1, version: 1 };
const CASES: readonly (readonly [SynodError, number])[] = [
  [new BadRequestError('bad_key', 'x'), 1],
  [new UnavailableError('no_server', 'x'), 69],
  [new UnavailableError('no_quorum', 'x'), 69],
  [new RefusedError('conflict', 'x', STATE), 73],
  [new UnknownOutcomeError('x', 'id'), 75],
  [new LeaseLostError('lease_lost', 'x'), 76],
];

test('clientExitCode() tells the classes of errors apart, as the help says', t => {
  for (const [error, code] of CASES) {
    t.is(clientExitCode(error), code, error.name);
    t.regex(EXIT_CODES, new RegExp(`^ {2}${code} `, 'm'));
  }
});

test('failureLines() says what to look at, and differently for each thing that is missing', t => {
  const lines = (['no_server', 'no_proposer', 'no_quorum', 'timeout'] as const).map(code =>
    failureLines(new UnavailableError(code, 'Cannot'), ASKED),
  );
  t.is(new Set(lines).size, 4);
  for (const line of lines) t.regex(line, /^Cannot\n./);
  for (const line of lines.slice(1)) t.regex(line, /\nAsked: orders\.> at nats:\/\/n1:4222$/);
  t.is(failureLines(new BadRequestError('bad_key', 'The key'), ASKED), 'The key');
});
