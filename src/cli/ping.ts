// `synod ping`: whether a node serves, for health checks.

import { Command } from 'commander';
import { acceptorConfig, proposerConfig } from '../node/config/config.ts';
import { acceptorHelp, proposerHelp } from '../node/config/config-settings.ts';
import { pingAcceptor, pingProposer } from '../node/operator/ping.ts';
import { addSettings, PRECEDENCE } from './setting-options.ts';

const EXAMPLES = `
Examples:
  synod ping acceptor --id a1 --data /var/lib/synod/a1 --nats nats://n1:4222
  synod ping proposer

It takes the settings of the node itself, so that inside its container it needs none. It prints nothing and ends with
code 0 when a proposer answers, or the acceptor votes. Otherwise it says why not. Code 1: no answer. 75: the acceptor is up
and waits for the others. 65: it must not vote with the file that it has (of one that stays up: --when-quarantined).`;

export function pingCommand(): Command {
  const acceptor = addSettings(new Command('acceptor').description('ask an acceptor'), acceptorHelp);
  acceptor.action(flags => pingAcceptor(acceptorConfig(flags, process.env)));
  const proposer = addSettings(new Command('proposer').description('ask the proposers'), proposerHelp);
  proposer.action(flags => pingProposer(proposerConfig(flags, process.env)));
  return new Command('ping')
    .description('ask a node whether it serves (for health checks)')
    .addHelpText('after', PRECEDENCE + EXAMPLES)
    .addCommand(acceptor)
    .addCommand(proposer);
}
