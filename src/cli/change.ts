// `synod change`: applies a named change.

import type { Command } from 'commander';
import { clientCommand, shown, withClient } from './client-command.ts';
import { givenValue, VALUES, type ValueFlags } from './values.ts';

export function changeCommand(): Command {
  return clientCommand(
    'change',
    'apply a named change to a variable, and show the value that it made',
    '  synod change visits add 1\n  synod change visits add -- -1\n  synod change tags addToSet red green\n  synod change accounts transfer@1 ann bob 4',
  )
    .argument('<KEY>')
    .argument('<CHANGE>', 'its name')
    .argument('[ARGS...]', 'its arguments, each a VALUE')
    .option('--text', 'all arguments are text, also where they are JSON')
    .addHelpText('after', VALUES)
    .action((key: string, change: string, args: readonly string[], flags: ValueFlags) =>
      withClient({ ...flags }, async client => {
        const values = args.map(argument => givenValue(argument, flags));
        return shown(await client.variable(key).change(change, values));
      }),
    );
}
