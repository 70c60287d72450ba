// `synod create`: writes what is unset.

import type { Command } from 'commander';
import { clientCommand, withClient, written } from './client-command.ts';
import { WRITE_TTL_FLAG, WRITE_TTL_HELP, writeOptions } from './ttl-flag.ts';
import { givenValue, VALUES, type ValueFlags } from './values.ts';

export function createCommand(): Command {
  return clientCommand(
    'create',
    'write a variable if it is unset',
    '  synod create chair n1\n  synod create order-7731 done --ttl 86400',
  )
    .argument('<KEY>')
    .argument('<VALUE>')
    .option('--text', 'VALUE is text, also where it is JSON')
    .option(WRITE_TTL_FLAG, WRITE_TTL_HELP)
    .addHelpText('after', VALUES)
    .action((key: string, value: string, flags: ValueFlags & { readonly ttl?: string }) =>
      withClient({ ...flags }, async client =>
        written(await client.variable(key).create(givenValue(value, flags), writeOptions(flags))),
      ),
    );
}
