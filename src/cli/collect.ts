// `synod collect`: has what was deleted collected at once, and not by and by.

import { Command } from 'commander';
import { type ClusterConfig, clusterConfig } from '../node/config/config.ts';
import { clusterHelp } from '../node/config/config-settings.ts';
import type { Flags } from '../node/config/config-sources.ts';
import { connectGroupOperator } from '../node/operator/group-operator.ts';
import { connectOperator } from '../node/operator/operator.ts';
import type { TellWaiting } from '../node/operator/operator-steps.ts';
import { clusterOf, collectibleStay } from '../protocol/group-map.ts';
import { ALL_PARTITIONS, PARTITIONS } from '../protocol/partition.ts';
import { once, progress } from './progress.ts';
import { addSettings, PRECEDENCE } from './setting-options.ts';

const EXAMPLES = `
Examples:
  synod collect
  synod collect --nats nats://n1:4222 --acceptors a1,a2,a3

A variable that is deleted leaves a small mark at every acceptor, so that late requests and acceptors that were away bring
nothing back. Proposers collect these marks by and by, 5 minutes after the delete and later; this command has it done now, for
whatever is old enough, in every group of acceptors. All acceptors must answer, no change of members may be under way, and what is
on its way to another group is left out. It can be stopped and run again at
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
    const tellWaiting = once(isJson);
    const config = clusterConfig(flags, process.env);
    const kept = await partitionsByGroup(config, tellWaiting);
    let registers = 0;
    let partitions = 0;
    for (const [group, own] of kept) {
      const operator = await connectOperator(
        { ...config, cluster: clusterOf(config.cluster, group) },
        tellWaiting,
      );
      try {
        const done = await operator.collect(own, progressed => {
          const share = Math.floor((100 * (partitions + progressed.partitions)) / PARTITIONS);
          tell(`collected ${registers + progressed.keys} registers, ${share} %`);
        });
        registers += done.keys;
        partitions += done.partitions;
      } finally {
        await operator.close();
      }
    }
    const moving = PARTITIONS - partitions;
    const left =
      moving > 0 ? `; ${moving} partitions are on their way to other groups and were left out` : '';
    const text = isJson ? JSON.stringify({ registers, moving }) : `collected ${registers} registers${left}`;
    process.stdout.write(`${text}\n`);
  });
}

/** What each group keeps, and nothing is on its way of. */
async function partitionsByGroup(
  config: ClusterConfig,
  tellWaiting: TellWaiting,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const operator = await connectGroupOperator(config, tellWaiting);
  try {
    const map = await operator.status();
    return new Map(
      [...map.groups.keys()].map(group => {
        return [
          group,
          ALL_PARTITIONS.filter(partition => collectibleStay(map, group, partition) !== undefined),
        ] as const;
      }),
    );
  } finally {
    await operator.close();
  }
}
