// `synod member`: who the acceptors are, and changes of that while clients go on.

import { Command } from 'commander';
import { groupConfig } from '../node/config/config.ts';
import { clusterHelp, groupHelp } from '../node/config/config-settings.ts';
import { connectOperator, type MemberStatus, type Operator } from '../node/operator/operator.ts';
import { PARTITIONS } from '../protocol/partition.ts';
import { once } from './progress.ts';
import { addSettings, PRECEDENCE } from './setting-options.ts';

const EXAMPLES = `
Examples:
  synod member status
  synod acceptor --id a4 --data /var/lib/synod/a4 &     a new one waits until it is made a member
  synod member replace a1 a4                            a1 has lost its disk, or its machine goes
  synod member add a4
  synod member add a5 && synod member remove a2
  synod member resume                                   after an interruption, from anywhere

A change decides the new members together with the old ones, brings every key over, and then lets the old ones go. Clients
go on meanwhile. It can be stopped at any point and resumed. Three acceptors bear the loss of one, five of two. An
acceptor that was removed stops voting; stop it and keep nothing of it. A new acceptor gets a name of its own: the name
of one that was lost stays with it. Exit code 0: done. 1: not, and the message says why.`;

type Flags = Record<string, unknown>;

export function memberCommand(): Command {
  const status = withSettings('status', 'who the members are, and how far a change is').alias('list');
  status.option('--json', 'as one JSON object').action((flags: Flags) =>
    withOperator(flags, async operator => {
      const found = await operator.status();
      process.stdout.write(flags.json === true ? `${JSON.stringify(found)}\n` : statusText(found));
    }),
  );
  const add = withSettings('add', 'make running acceptors members').argument(
    '<IDS...>',
    'acceptors that run',
  );
  add.action((ids: string[], flags: Flags) => change(flags, ids, []));
  const remove = withSettings('remove', 'let members go').argument('<IDS...>', 'members, also dead ones');
  remove.action((ids: string[], flags: Flags) => change(flags, [], ids));
  const replace = withSettings('replace', 'make one a member in the place of another')
    .argument('<OLD>', 'a member, also a dead one')
    .argument('<NEW>', 'an acceptor that runs');
  replace.action((before: string, after: string, flags: Flags) => change(flags, [after], [before]));
  const resume = withSettings('resume', 'bring a change to its end that was interrupted');
  resume.action((flags: Flags) => withOperator(flags, finish));
  const command = new Command('member')
    .description('see and change which acceptors the cluster has, while clients go on')
    .addHelpText('after', PRECEDENCE + EXAMPLES);
  for (const each of [status, add, remove, replace, resume]) command.addCommand(each);
  return command;
}

function withSettings(name: string, description: string): Command {
  return addSettings(new Command(name).description(description), { ...clusterHelp, ...groupHelp });
}

async function withOperator(flags: Flags, act: (operator: Operator) => Promise<void>): Promise<void> {
  const operator = await connectOperator(groupConfig(flags, process.env), once(flags.json === true));
  try {
    await act(operator);
  } finally {
    await operator.close();
  }
}

function change(flags: Flags, add: readonly string[], remove: readonly string[]): Promise<void> {
  return withOperator(flags, async operator => {
    const stores = await Promise.all(add.map(async id => [id, await operator.storeOf(id)] as const));
    const { epoch } = await operator.begin(Object.fromEntries(stores), remove);
    process.stderr.write(`epoch ${epoch}: old and new members decide together\n`);
    await finish(operator);
  });
}

const PROGRESS_MS = 1000;

async function finish(operator: Operator): Promise<void> {
  let nextMs = performance.now() + PROGRESS_MS;
  const found = await operator.finish(({ partitions, keys }) => {
    if (performance.now() < nextMs && partitions < PARTITIONS) return;
    nextMs = performance.now() + PROGRESS_MS;
    process.stderr.write(`brought over ${partitions} of ${PARTITIONS} partitions, ${keys} keys\n`);
  });
  process.stdout.write(statusText(found));
}

function statusText({ epoch, members, joint, carried }: MemberStatus): string {
  const changing =
    joint === null
      ? []
      : [
          `changing  from ${joint.before.join(', ')} to ${joint.after.join(', ')}`,
          `brought   ${carried.length} of ${PARTITIONS} partitions; to go on: synod member resume`,
        ];
  const lines = [`epoch     ${epoch}`, ...changing];
  for (const [id, store] of Object.entries(members)) lines.push(`member    ${id}  store ${store}`);
  return `${lines.join('\n')}\n`;
}
