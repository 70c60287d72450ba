// `synod verify`: the file of a stopped acceptor, or what the acceptors of a running cluster hold.

import { Command } from 'commander';
import { clusterHelp, groupHelp } from '../node/config/config-settings.ts';
import { addSettings, PRECEDENCE } from './setting-options.ts';
import { verifyClusterAndTell } from './verify-cluster.ts';
import { verifyFileAndTell } from './verify-file.ts';

const EXAMPLES = `
Examples:
  synod verify --nats nats://n1:4222 --acceptors a1,a2,a3
  synod verify --json
  synod verify --group east
  synod verify --data .synod/a1
  synod verify --data /var/lib/synod/a1/acceptor.db --json

Without --data it asks the members of a running cluster, of whom it learns from any of --acceptors, for their keys, ballots and digests of values, and compares them
while clients go on. Nothing is changed. Where there are several groups of acceptors
each is compared, unless --group asks for one. A key is settled when a quorum holds one state of it. An acceptor with an older one is
behind, which is harmless. One with a newer one is ahead: a proposer did not finish a round there, and the next write decides.
Many of these mean that the others may have gone back in time together. A key of which no state stands on a quorum, also
after it was looked at again, is unsettled: it was being written when a proposer or an acceptor was lost. The next read of
it settles it. Two values under one ballot, or a ballot that went down, are faults. If an acceptor falls silent nothing more is asked: one that finds a
damaged row ends, and says so in its log.
Exit code 0: all acceptors vote and every key is settled or in flight. 75: no fault, but an acceptor does not vote or a key is
unsettled. 65: a fault. 1: it could not be compared.

With --data it reads the file of an acceptor, which must be stopped, and changes nothing: SQLite's structures, then every
row by its checksum. A file that is whole can still be an old one: only the other acceptors know its latest commit, and the
acceptor asks them when it starts. Exit code 0: whole. 65: damaged, or marked as one that must not vote. 1: it could not
be checked.`;

export function verifyCommand(): Command {
  const command = new Command('verify')
    .description('compare what the acceptors of a cluster hold, or check the file of a stopped one')
    .option('--data <PATH>', "check this file instead: a stopped acceptor's directory, or the file in it")
    .option('--json', 'one JSON object on stdout, and no progress on stderr')
    .addHelpText('after', PRECEDENCE + EXAMPLES);
  return addSettings(command, { ...clusterHelp, ...groupHelp }).action(async flags => {
    const { data, json = false } = flags;
    await (data === undefined ? verifyClusterAndTell(flags, json) : verifyFileAndTell(data, json));
  });
}
