// `synod rebalance`: moves partitions between groups of acceptors while clients go on.

import { Command } from 'commander';
import { clusterHelp } from '../node/config/config-settings.ts';
import type { Flags } from '../node/config/config-sources.ts';
import { tellMap, withGroupOperator } from './group.ts';
import { progress } from './progress.ts';
import { addSettings, PRECEDENCE } from './setting-options.ts';

const EXAMPLES = `
Examples:
  synod rebalance                    all groups come to keep as many partitions as any other
  synod rebalance --to main,east     only these keep any: before \`synod group remove west\`

Some partitions at a time are closed at the group that keeps them, and every key is brought to the other one; what is asked of
such a key is brought first. Clients go on: a request waits some milliseconds more, and one that was in hand when its partition was
closed may be answered unknown, which clients that give ids (the TypeScript client does) find out by themselves. It can be stopped
at any point; the same command goes on, from anywhere. Exit code 0: done. 1: not, and the message says why.`;

export function rebalanceCommand(): Command {
  const command = new Command('rebalance')
    .description('share the keys out evenly among the groups of acceptors, while clients go on')
    .option('--to <GROUPS>', 'only these keep partitions, commas between (default: all groups)')
    .option('--json', 'one JSON object on stdout, and no progress on stderr')
    .addHelpText('after', PRECEDENCE + EXAMPLES);
  return addSettings(command, clusterHelp).action((flags: Flags) =>
    withGroupOperator(flags, async operator => {
      const tell = progress(flags.json === true);
      const { groups } = await operator.status();
      const to =
        typeof flags.to === 'string' ? flags.to.split(',').filter(name => name !== '') : [...groups.keys()];
      const map = await operator.rebalance([...new Set(to)], ({ moved, total, keys }) =>
        tell(`moved ${moved} of ${total} partitions, ${keys} keys`),
      );
      tellMap(map, flags);
    }),
  );
}
