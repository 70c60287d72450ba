// `synod ping`: whether a node answers, for health checks.

import { Command } from 'commander';
import { acceptorConfig, proposerConfig } from '../node/config.ts';
import { acceptorHelp, proposerHelp } from '../node/config-settings.ts';
import { ping } from '../node/ping.ts';
import { addSettings, PRECEDENCE } from './setting-options.ts';

const EXAMPLES = `
Examples:
  synod ping acceptor --id a1 --data /var/lib/synod/a1 --nats nats://n1:4222
  synod ping proposer

It takes the settings of the node itself, so that inside its container it needs none. It prints nothing and
ends with code 0 when the node answers over NATS; otherwise it says why not and ends with code 1.`;

export function pingCommand(): Command {
  const acceptor = addSettings(new Command('acceptor').description('ask an acceptor'), acceptorHelp);
  acceptor.action(flags => ping(acceptorConfig(flags, process.env)));
  const proposer = addSettings(new Command('proposer').description('ask the proposers'), proposerHelp);
  proposer.action(flags => ping(proposerConfig(flags, process.env)));
  return new Command('ping')
    .description('ask a node whether it serves (for health checks)')
    .addHelpText('after', PRECEDENCE + EXAMPLES)
    .addCommand(acceptor)
    .addCommand(proposer);
}
