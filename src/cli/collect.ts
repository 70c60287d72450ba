// `synod collect`: has what was deleted collected at once, and not by and by.

import { Command } from 'commander';
import { clusterConfig } from '../node/config.ts';
import { clusterHelp } from '../node/config-settings.ts';
import type { Flags } from '../node/config-sources.ts';
import { connectOperator } from '../node/operator.ts';
import { PARTITIONS } from '../protocol/partition.ts';
import { progress } from './progress.ts';
import { addSettings, PRECEDENCE } from './setting-options.ts';

const EXAMPLES = `
Examples:
  synod collect
  synod collect --nats nats://n1:4222 --acceptors a1,a2,a3

A variable that is deleted leaves a small mark at every acceptor, so that late requests and acceptors that were away bring
nothing back. Proposers collect these marks by and by, 5 minutes after the delete and later; this command has it done now, for
whatever is old enough. All acceptors must answer, and no change of members may be under way. It can be stopped and run again at
any time. Switches and write-once registers stay for ever.
Exit code 0: done. 1: not, and the message says why.`;

export function collectCommand(): Command {
  const command = new Command('collect')
    .description('remove what deleted variables left, while clients go on')
    .option('--json', 'one JSON object on stdout, and no progress on stderr')
    .addHelpText('after', PRECEDENCE + EXAMPLES);
  return addSettings(command, clusterHelp).action(async (flags: Flags) => {
    const isJson = flags.json === true;
    const tell = progress(isJson);
    const operator = await connectOperator(clusterConfig(flags, process.env));
    try {
      const { keys } = await operator.collect(({ partitions, keys: done }) => {
        tell(`collected ${done} registers, ${Math.floor((100 * partitions) / PARTITIONS)} %`);
      });
      const text = isJson ? JSON.stringify({ registers: keys }) : `collected ${keys} registers`;
      process.stdout.write(`${text}\n`);
    } finally {
      await operator.close();
    }
  });
}
