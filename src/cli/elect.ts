// `synod elect`: campaigns and runs a command while it leads, or observes who does.

import type { Command } from 'commander';
import type { Client } from '../client/client.ts';
import { checkAfterDashes } from './after-dashes.ts';
import { type CommonFlags, clientCommand, type Result, withClient } from './client-command.ts';
import { firstAnswer } from './first-answer.ts';
import { runWhileHeld } from './held-command.ts';
import { leaseOptions, TTL_FLAG, TTL_HELP } from './lease-flags.ts';
import { badRequest } from './values.ts';

const EXAMPLES = `  synod elect leader n1 -- ./lead.sh
  synod elect leader --observe

NAME belongs to one candidate: started again it is elected at once. The command has the token of its leadership in SYNOD_TOKEN;
when the leadership is lost it gets SIGTERM, and SIGKILL 5 s later. --observe prints a line for each leader until Ctrl-C.`;

interface ElectFlags extends CommonFlags {
  readonly ttl?: string;
  readonly observe?: boolean;
}

export function electCommand(): Command {
  return clientCommand('elect', 'campaign, and run a command while leading', EXAMPLES)
    .argument('<KEY>')
    .argument('[NAME]', 'of this candidate')
    .argument('[COMMAND...]', 'after --')
    .option(TTL_FLAG, TTL_HELP)
    .option('--observe', 'print who leads, as it changes')
    .action((key: string, name: string | undefined, command: readonly string[], flags: ElectFlags) =>
      withClient({ ...flags }, async (client, asked) => {
        if (flags.observe === true) {
          // Also refuses what is no lock.
          await firstAnswer(asked, () => client.election(key).leader());
          return observe(client, key, flags.json === true);
        }
        checkAfterDashes(command, 'NAME of this candidate');
        if (name === undefined || command.length === 0) throw badRequest('Give a NAME, and -- COMMAND');
        const election = client.election(key, leaseOptions(flags));
        return runWhileHeld({ command, key }, signal => election.campaign(name, { signal }));
      }),
    );
}

async function observe(client: Client, key: string, isJson: boolean): Promise<Result> {
  for await (const leader of client.election(key).observe()) {
    const { name = null, token = null } = leader ?? {};
    const line = isJson
      ? JSON.stringify({ leader: name, token })
      : `${name ?? 'nobody'}\t${token ?? ''}`.trimEnd();
    process.stdout.write(`${line}\n`);
  }
  return { json: { ok: true } };
}
