// `synod put`: writes.

import type { Command } from 'commander';
import { clientCommand, withClient, written } from './client-command.ts';
import { WRITE_TTL_FLAG, WRITE_TTL_HELP, writeOptions } from './ttl-flag.ts';
import { badRequest, givenValue, VALUES, type ValueFlags } from './values.ts';

const KINDS = ['variable', 'register', 'switch'];

interface PutFlags extends ValueFlags {
  readonly kind?: string;
  readonly ttl?: string;
}

export function putCommand(): Command {
  return clientCommand(
    'put',
    'write a variable whatever is there, or a register or switch once',
    '  synod put orders.42 \'{"state":"paid"}\'\n  synod put id 007 --text\n  synod put winner ann --kind register\n  synod put migrated --kind switch',
  )
    .argument('<KEY>')
    .argument('[VALUE]', 'what to write; a switch takes none')
    .option('--kind <KIND>', `${KINDS.join(', ')} (default variable)`)
    .option('--text', 'VALUE is text, also where it is JSON')
    .option(WRITE_TTL_FLAG, WRITE_TTL_HELP)
    .addHelpText('after', VALUES)
    .action((key: string, value: string | undefined, flags: PutFlags) =>
      withClient({ ...flags }, async client => {
        const { kind = 'variable' } = flags;
        if (!KINDS.includes(kind)) throw badRequest(`'${kind}' is no kind: there are ${KINDS.join(', ')}`);
        if ((value === undefined) !== (kind === 'switch'))
          throw badRequest(kind === 'switch' ? 'A switch takes no VALUE' : `A ${kind} takes a VALUE`);
        if (kind !== 'variable' && flags.ttl !== undefined)
          throw badRequest(`A ${kind} lasts for ever: it takes no --ttl`);
        if (kind === 'switch') await client.switch(key).set();
        else if (kind === 'register') await client.register(key).write(givenValue(value ?? '', flags));
        else
          return written(
            await client.variable(key).write(givenValue(value ?? '', flags), writeOptions(flags)),
          );
        return { text: 'version 1', json: { ok: true, set: true, version: 1 } };
      }),
    );
}
