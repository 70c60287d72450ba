// `synod proposer`: one proposer in the foreground.

import { Command } from 'commander';
import { proposerConfig } from '../node/config/config.ts';
import { proposerHelp } from '../node/config/config-settings.ts';
import { runProposer } from '../node/proposer/proposer-node.ts';
import { serve } from './serve.ts';
import { addSettings, PRECEDENCE } from './setting-options.ts';

const EXAMPLES = `
Examples:
  synod proposer --nats nats://n1:4222,nats://n2:4222
  synod proposer --config config/proposer.example.json --name p2
  SYNOD_NATS=nats://n1:4222 SYNOD_ACCEPTORS=a1,a2,a3,a4,a5 synod proposer

It prints "ready proposer NAME" when it serves, logs to stderr, and ends with code 0 after SIGTERM or SIGINT.
It keeps nothing durable: run as many as you like, stop and start them as you like.`;

export function proposerCommand(): Command {
  const command = new Command('proposer')
    .description('run one proposer: it answers the requests of clients')
    .addHelpText('after', PRECEDENCE + EXAMPLES);
  return addSettings(command, proposerHelp).action(async flags => {
    const config = proposerConfig(flags, process.env);
    await serve(`proposer ${config.name}`, serving => runProposer(config, serving));
  });
}
