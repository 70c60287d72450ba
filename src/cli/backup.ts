// `synod backup` and `synod restore`: every register of a running cluster in one file, and a new cluster out of it.

import { stat } from 'node:fs/promises';
import { Command } from 'commander';
import { clusterConfig } from '../node/config/config.ts';
import { clusterHelp } from '../node/config/config-settings.ts';
import type { Flags } from '../node/config/config-sources.ts';
import { backUp, restore } from '../node/operator/backup.ts';
import { type OperatorProposer, openOperatorProposer } from '../node/operator/operator-proposer.ts';
import { once } from './progress.ts';
import { RegisterProgress } from './register-progress.ts';
import { addSettings, PRECEDENCE } from './setting-options.ts';

const BACKUP_EXAMPLES = `
Examples:
  synod backup monday.synod
  synod backup /backups/monday.synod --nats nats://n1:4222 --acceptors a1,a2,a3

Asks a quorum of acceptors for every key and reads each register as any other read does, while clients go on: what was
acknowledged before the backup began is in it. Each register is as it was at one moment of the backup, and not all at the same one.
Request ids, versions and what deletes leave behind are kept. The file gets its name once it is whole and on the disk.
It is a program of the operator: it needs the NATS permissions of a proposer.
Exit code 0: done. 1: not, and the message says why.`;

const RESTORE_EXAMPLES = `
Examples:
  SYNOD_CLUSTER=orders-2 synod up --data new
  synod restore monday.synod --cluster orders-2

A restored cluster is a new one: start acceptors with empty disks and proposers under a --cluster id of its own, and let clients
in when this command is done. A backup of the past must not answer in the place of the cluster that went on after it. The whole
file is checked first. When it is interrupted, --resume goes on.
Exit code 0: done. 1: not, and the message says why.`;

export function backupCommand(): Command {
  const command = new Command('backup')
    .description('copy every register of a running cluster to a file')
    .argument('<FILE>', 'is replaced when it is there')
    .option('--json', 'one JSON object on stdout, and no progress on stderr')
    .addHelpText('after', PRECEDENCE + BACKUP_EXAMPLES);
  return addSettings(command, clusterHelp).action((path: string, flags: Flags) => {
    const { cluster } = clusterConfig(flags, process.env);
    const told = new RegisterProgress('saved', flags.json === true);
    return withProposer(flags, async proposer => {
      const registers = await backUp(proposer, { cluster, path }, (...done) => told.on(...done));
      told.end(registers, (await stat(path)).size);
      tellEnd(flags, 'saved', registers);
    });
  });
}

export function restoreCommand(): Command {
  const command = new Command('restore')
    .description('put every register of a backup into a new cluster')
    .argument('<FILE>', 'written by `synod backup`')
    .option('--resume', 'go on with a restore that was interrupted')
    .option('--json', 'one JSON object on stdout, and no progress on stderr')
    .addHelpText('after', PRECEDENCE + RESTORE_EXAMPLES);
  return addSettings(command, clusterHelp).action((path: string, flags: Flags) => {
    const { cluster } = clusterConfig(flags, process.env);
    const isResumed = flags.resume === true;
    const told = new RegisterProgress('restored', flags.json === true);
    const checked = new RegisterProgress('checked', flags.json === true);
    return withProposer(flags, async proposer => {
      const registers = await restore(
        proposer,
        { path, cluster, isResumed },
        { onChecked: (...done) => checked.on(...done), onRestored: (...done) => told.on(...done) },
      );
      told.end(registers, (await stat(path)).size);
      tellEnd(flags, 'restored', registers);
    });
  });
}

export async function withProposer(
  flags: Flags,
  act: (proposer: OperatorProposer) => Promise<void>,
): Promise<void> {
  const proposer = await openOperatorProposer(clusterConfig(flags, process.env), once(flags.json === true));
  try {
    await act(proposer);
  } finally {
    await proposer.close();
  }
}

function tellEnd({ json }: Flags, what: string, registers: number): void {
  process.stdout.write(
    json === true ? `${JSON.stringify({ registers })}\n` : `${what} ${registers} registers\n`,
  );
}
