#!/usr/bin/env node
// The command line: which commands there are, and what a failure looks like.

import { Command } from 'commander';
import { exitCodeOf } from '../node/process/fatal-error.ts';
import { packageVersion } from '../node/process/version.ts';
import { acceptorCommand } from './acceptor.ts';
import { backupCommand, restoreCommand } from './backup.ts';
import { batchCommand } from './batch.ts';
import { benchCommand } from './bench.ts';
import { casCommand } from './cas.ts';
import { changeCommand } from './change.ts';
import { collectCommand } from './collect.ts';
import { completionCommand } from './completion.ts';
import { counterCommand } from './counter.ts';
import { createCommand } from './create.ts';
import { dashboardCommand } from './dashboard.ts';
import { delCommand } from './del.ts';
import { demoCommand } from './demo.ts';
import { electCommand } from './elect.ts';
import { exportCommand, importCommand } from './export.ts';
import { failureText } from './failure.ts';
import { getCommand } from './get.ts';
import { groupCommand } from './group.ts';
import { lockCommand } from './lock.ts';
import { lsCommand } from './ls.ts';
import { memberCommand } from './member.ts';
import { nkeyCommand } from './nkey.ts';
import { onceCommand } from './once.ts';
import { pingCommand } from './ping.ts';
import { proposerCommand } from './proposer.ts';
import { putCommand } from './put.ts';
import { rebalanceCommand } from './rebalance.ts';
import { statusCommand } from './status.ts';
import { upCommand } from './up.ts';
import { verifyCommand } from './verify.ts';
import { watchCommand } from './watch.ts';

const EXAMPLES = `
Examples:
  synod up                          a whole cluster on this machine, its data in ./.synod
  synod up --help                   its options, and how to talk to it
  synod acceptor --id a1 --data /var/lib/synod/a1 --nats nats://n1:4222
  synod proposer --nats nats://n1:4222
  synod put hello world             writes a variable; get reads it, watch follows it
  synod lock nightly -- ./job.sh    runs a command while a lock is held
  synod bench --local               how fast it is here, on a cluster of its own

A cluster is an odd number of acceptors, any number of proposers, and the NATS that carries their messages.`;

const program = new Command('synod')
  .description('Small, precious state that stays consistent and available, over plain NATS request-reply.')
  .version(packageVersion())
  // Options of a command are its own: `synod cas K V --version 7`.
  .enablePositionalOptions()
  .addHelpText('after', EXAMPLES)
  .showHelpAfterError('(--help says what can be given)');
const commands = [
  upCommand,
  acceptorCommand,
  proposerCommand,
  getCommand,
  putCommand,
  createCommand,
  casCommand,
  delCommand,
  changeCommand,
  counterCommand,
  batchCommand,
  lsCommand,
  watchCommand,
  lockCommand,
  electCommand,
  onceCommand,
  demoCommand,
  benchCommand,
  statusCommand,
  dashboardCommand,
  pingCommand,
  verifyCommand,
  memberCommand,
  groupCommand,
  rebalanceCommand,
  backupCommand,
  restoreCommand,
  exportCommand,
  importCommand,
  collectCommand,
  nkeyCommand,
  completionCommand,
];
for (const command of commands.map(make => make())) {
  program.addCommand(command.copyInheritedSettings(program));
}

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${failureText(error)}\n`);
  // At once: whatever was started before the failure must not keep the process alive.
  process.exit(exitCodeOf(error));
}
// A socket to something that accepts and speaks no NATS is left open by the package, which gave it up, and would keep the
// process for as long as the other side keeps it. What was printed goes out first.
process.stdout.write('', () => process.exit());
