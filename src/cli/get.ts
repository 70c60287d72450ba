// `synod get`: reads a register of any kind.

import type { Command } from 'commander';
import { readState } from '../client/read-state.ts';
import { type CommonFlags, clientCommand, stateBody, withClient } from './client-command.ts';
import { EXIT } from './exit-code.ts';
import { textOf } from './values.ts';

export function getCommand(): Command {
  return clientCommand(
    'get',
    'read a register of any kind',
    '  synod get orders.42\n  synod get orders.42 --json',
  )
    .argument('<KEY>')
    .action((key: string, flags: CommonFlags) =>
      withClient({ ...flags }, async client => {
        const state = await readState(client, key);
        if (!state.set) {
          process.stderr.write(flags.json === true ? '' : `'${key}' is unset\n`);
          return { json: stateBody(state), exitCode: EXIT.nothingThere };
        }
        // A switch has no value.
        return { json: stateBody(state), text: textOf(state.value ?? 'set') };
      }),
    );
}
