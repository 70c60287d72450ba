// `synod del`: makes a variable unset.

import type { Command } from 'commander';
import { type CommonFlags, clientCommand, stateBody, withClient } from './client-command.ts';
import { wholeNumberOf } from './values.ts';

export function delCommand(): Command {
  return clientCommand(
    'del',
    'make a variable unset',
    '  synod del orders.42\n  synod del orders.42 --version 7',
  )
    .argument('<KEY>')
    .option('--version <N>', 'only if this is its version')
    .action((key: string, flags: CommonFlags & { readonly version?: string }) =>
      withClient({ ...flags }, async client => {
        const { version } = flags;
        const only = version === undefined ? {} : { version: wholeNumberOf(version, '--version', 1) };
        return { text: 'unset', json: stateBody(await client.variable(key).delete(only)) };
      }),
    );
}
