// `synod cas`: compares and sets.

import type { Command } from 'commander';
import { clientCommand, withClient, written } from './client-command.ts';
import { WRITE_TTL_FLAG, WRITE_TTL_HELP, writeOptions } from './ttl-flag.ts';
import { badRequest, givenValue, VALUES, type ValueFlags, wholeNumberOf } from './values.ts';

export function casCommand(): Command {
  return clientCommand(
    'cas',
    'write a variable if its version, or its value, is the expected one',
    '  synod cas orders.42 shipped --expect paid\n  synod cas orders.42 shipped --version 7\n  synod cas orders.42 new --version 0      (unset)',
  )
    .argument('<KEY>')
    .argument('<VALUE>')
    .option('--version <N>', 'the version that must be there, 0 for unset')
    .option('--expect <VALUE>', 'the value that must be there')
    .option('--text', 'both values are text, also where they are JSON')
    .option(WRITE_TTL_FLAG, WRITE_TTL_HELP)
    .addHelpText('after', VALUES)
    .action(
      (
        key: string,
        value: string,
        flags: ValueFlags & { readonly version?: string; readonly expect?: string; readonly ttl?: string },
      ) =>
        withClient({ ...flags }, async client => {
          const { version, expect } = flags;
          if ((version === undefined) === (expect === undefined))
            throw badRequest('Give either --version or --expect');
          const expected =
            version === undefined
              ? { expect: givenValue(expect ?? '', flags) }
              : { version: wholeNumberOf(version, '--version', 0) };
          return written(
            await client.variable(key).cas(givenValue(value, flags), expected, writeOptions(flags)),
          );
        }),
    );
}
