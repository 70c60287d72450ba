// `synod group`: which groups of acceptors share the keys of a cluster.

import { Command } from 'commander';
import { clusterConfig } from '../node/config.ts';
import { clusterHelp } from '../node/config-settings.ts';
import type { Flags } from '../node/config-sources.ts';
import { connectGroupOperator, type GroupOperator } from '../node/group-operator.ts';
import type { GroupMap } from '../protocol/group-map.ts';
import { addSettings, PRECEDENCE } from './setting-options.ts';
import { table } from './table.ts';

const EXAMPLES = `
Examples:
  synod acceptor --group east --id e1 --acceptors e1,e2,e3 --data /var/lib/synod/e1 &      and e2, e3
  synod group add east e1 e2 e3
  synod rebalance                                     moves half of the keys there, while clients go on
  synod rebalance --to main && synod group remove east                          and all of them back

A cluster begins with one group of acceptors, main. Each group keeps some of the 256 partitions of the keys and shares
nothing with the others: no file, no message, no lock. Proposers serve all keys and talk to the groups that they need; clients
notice nothing. The group main also keeps the map, so without a quorum of it nothing can be moved; keys of other groups are
served. \`synod member --group east\` changes the acceptors of a group. The name of a group that was removed stays with it.
Exit code 0: done. 1: not, and the message says why.`;

export function groupCommand(): Command {
  const status = withSettings('status', 'which groups there are, and what each keeps').alias('list');
  status
    .option('--json', 'as one JSON object')
    .action((flags: Flags) =>
      withGroupOperator(flags, async operator => tellMap(await operator.status(), flags)),
    );
  const add = withSettings('add', 'make running acceptors a group of the cluster')
    .argument('<NAME>', 'of the group')
    .argument('<IDS...>', 'its acceptors: they run, and were all given --group NAME and these --acceptors');
  add.action((name: string, ids: string[], flags: Flags) =>
    withGroupOperator(flags, async operator => {
      tellMap(await operator.add(groupName(name), ids), flags);
      process.stderr.write(`the group ${name} keeps nothing yet: synod rebalance\n`);
    }),
  );
  const remove = withSettings('remove', 'let a group go that keeps nothing').argument(
    '<NAME>',
    'of the group',
  );
  remove.action((name: string, flags: Flags) =>
    withGroupOperator(flags, async operator => {
      tellMap(await operator.remove(name), flags);
      process.stderr.write(`stop the acceptors of ${name} and keep nothing of them\n`);
    }),
  );
  const command = new Command('group')
    .description('see and change which groups of acceptors share the keys')
    .addHelpText('after', PRECEDENCE + EXAMPLES);
  for (const each of [status, add, remove]) command.addCommand(each);
  return command;
}

function withSettings(name: string, description: string): Command {
  return addSettings(new Command(name).description(description), clusterHelp);
}

export async function withGroupOperator(
  flags: Flags,
  act: (operator: GroupOperator) => Promise<void>,
): Promise<void> {
  const operator = await connectGroupOperator(clusterConfig(flags, process.env));
  try {
    await act(operator);
  } finally {
    await operator.close();
  }
}

/** A name becomes a term of subjects. */
function groupName(name: string): string {
  if (/^[A-Za-z0-9_-]{1,32}$/.test(name)) return name;
  throw new Error(
    `Cannot name a group '${name}': it must be 1 to 32 of the characters A-Z, a-z, 0-9, _ and -`,
  );
}

export function tellMap(map: GroupMap, { json }: Flags): void {
  process.stdout.write(json === true ? `${JSON.stringify(toldMap(map))}\n` : mapText(map));
}

/** What each group keeps, and what is on its way to it. */
export function toldMap({ groups, places }: GroupMap): object {
  const told = [...groups].map(([name, acceptors]) => {
    const own = places.flatMap(({ group, from }, partition) =>
      group === name ? [{ partition, from: from?.group }] : [],
    );
    const partitions = own.flatMap(({ partition, from }) => (from === undefined ? [partition] : []));
    const coming = own.flatMap(({ partition, from }) => (from === undefined ? [] : [{ partition, from }]));
    return [name, { acceptors, partitions, coming }] as const;
  });
  return { groups: Object.fromEntries(told) };
}

export function mapText({ groups, places }: GroupMap): string {
  const rows = [...groups].map(([name, acceptors]) => {
    const count = (isCounted: (place: (typeof places)[number]) => boolean): string =>
      String(places.filter(isCounted).length);
    return [
      name,
      acceptors.join(','),
      count(({ group, from }) => group === name && from === undefined),
      count(({ group, from }) => group === name && from !== undefined),
      count(({ from }) => from?.group === name),
    ];
  });
  const moving = places.filter(({ from }) => from !== undefined).length;
  const lines = [
    ...table([['group', 'first acceptors', 'partitions', 'coming', 'going'], ...rows]),
    ...(moving > 0 ? ['', `${moving} partitions are on their way; to go on: synod rebalance`] : []),
  ];
  return `${lines.join('\n')}\n`;
}
