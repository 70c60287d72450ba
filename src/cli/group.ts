// `synod group`: which groups of acceptors share the keys of a cluster.

import { Command } from 'commander';
import { clusterConfig } from '../node/config/config.ts';
import { clusterHelp } from '../node/config/config-settings.ts';
import type { Flags } from '../node/config/config-sources.ts';
import { askCluster } from '../node/operator/cluster-status.ts';
import { connectGroupOperator, type GroupOperator } from '../node/operator/group-operator.ts';
import type { ProposerTold } from '../node/process/status.ts';
import type { GroupMap } from '../protocol/group-map.ts';
import { once } from './progress.ts';
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
  status.option('--json', 'as one JSON object').action((flags: Flags) =>
    withGroupOperator(flags, async operator => {
      const map = await operator.status();
      const { status: told } = await askCluster(clusterConfig(flags, process.env));
      tellMap(map, flags, erasuresIn(told.proposers));
    }),
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
  const operator = await connectGroupOperator(clusterConfig(flags, process.env), once(flags.json === true));
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

/** Of what a group has of partitions that were moved away: registers that were erased, and partitions still to be looked through. */
type Erasures = ReadonlyMap<string, { readonly erased: number; readonly toErase: number }>;

/** @param erasures as far as the proposers tell, since their starts */
export function tellMap(map: GroupMap, { json }: Flags, erasures: Erasures = new Map()): void {
  const text = json === true ? `${JSON.stringify(toldMap(map, erasures))}\n` : mapText(map, erasures);
  process.stdout.write(text);
}

/** Each looks after the partitions whose home it is. */
export function erasuresIn(proposers: readonly ProposerTold[]): Erasures {
  const sums = new Map<string, { erased: number; toErase: number }>();
  for (const { groups = {} } of proposers)
    for (const [group, { erased, toErase }] of Object.entries(groups)) {
      const sum = sums.get(group) ?? { erased: 0, toErase: 0 };
      sums.set(group, { erased: sum.erased + erased, toErase: sum.toErase + toErase });
    }
  return sums;
}

/** What each group keeps, and what is on its way to it. */
export function toldMap({ groups, places }: GroupMap, erasures: Erasures = new Map()): object {
  const told = [...groups].map(([name, acceptors]) => {
    const own = places.flatMap(({ group, from }, partition) =>
      group === name ? [{ partition, from: from?.group }] : [],
    );
    const partitions = own.flatMap(({ partition, from }) => (from === undefined ? [partition] : []));
    const coming = own.flatMap(({ partition, from }) => (from === undefined ? [] : [{ partition, from }]));
    return [name, { acceptors, partitions, coming, ...erasures.get(name) }] as const;
  });
  return { groups: Object.fromEntries(told) };
}

export function mapText({ groups, places }: GroupMap, erasures: Erasures = new Map()): string {
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
  const left = [...erasures].flatMap(([group, { erased, toErase }]) => {
    if (erased + toErase === 0) return [];
    const more = toErase === 0 ? 'nothing is left' : `${toErase} partitions are still to be looked through`;
    return [`${group}: ${erased} registers of partitions that were moved away erased lately; ${more}`];
  });
  const moving = places.filter(({ from }) => from !== undefined).length;
  const lines = [
    ...table([['group', 'first acceptors', 'partitions', 'coming', 'going'], ...rows]),
    ...(moving > 0 ? ['', `${moving} partitions are on their way; to go on: synod rebalance`] : []),
    ...(left.length > 0 ? ['', ...left] : []),
  ];
  return `${lines.join('\n')}\n`;
}
