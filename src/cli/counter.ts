// `synod counter`: counts.

import type { Command } from 'commander';
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
        return shown(await client.variable(key).change('add', [number]));
      }),
    );
}
