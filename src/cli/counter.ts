// `synod counter`: counts.

import type { Command } from 'commander';
import { RefusedError } from '../client/errors.ts';
import type { State } from '../client/state.ts';
import { shown as shownValue } from '../transport/shown.ts';
import { type CommonFlags, clientCommand, shown, withClient } from './client-command.ts';
import { wholeNumberOf } from './values.ts';

export function counterCommand(): Command {
  return clientCommand(
    'counter',
    'add to a counter, and show the sum',
    '  synod counter visits\n  synod counter visits 10\n  synod counter visits -- -1',
  )
    .argument('<KEY>')
    .argument('[N]', 'what to add', '1')
    .action((key: string, amount: string, flags: CommonFlags) =>
      withClient({ ...flags }, async client => {
        const number = wholeNumberOf(amount, 'N', Number.MIN_SAFE_INTEGER);
        try {
          return shown(await client.variable(key).change('add', [number]));
        } catch (error) {
          throw isNoNumber(error) ? noCounter(key, error.state) : error;
        }
      }),
    );
}

function isNoNumber(error: unknown): error is RefusedError {
  return (
    error instanceof RefusedError &&
    error.code === 'rejected' &&
    error.state.set &&
    typeof error.state.value !== 'number'
  );
}

function noCounter(key: string, state: State<unknown>): RefusedError {
  const what = `its value is ${shownValue(state.value)}, which is no number`;
  return new RefusedError('rejected', `Cannot count with '${key}': ${what}`, state);
}
