// `synod acceptor`: one acceptor in the foreground.

import { Command } from 'commander';
import { runAcceptor } from '../node/acceptor/acceptor-node.ts';
import { acceptorConfig } from '../node/config/config.ts';
import { acceptorHelp } from '../node/config/config-settings.ts';
import { serve } from './serve.ts';
import { addSettings, PRECEDENCE } from './setting-options.ts';

const EXAMPLES = `
Examples:
  synod acceptor --id a1 --data /var/lib/synod/a1 --nats nats://n1:4222,nats://n2:4222
  synod acceptor --config config/acceptor.example.json --id a2 --data /var/lib/synod/a2
  SYNOD_ID=a3 SYNOD_DATA=/var/lib/synod/a3 synod acceptor

It prints "ready acceptor ID" once a quorum of acceptors has told it that it has forgotten nothing (at the very first start:
once all have met), logs to stderr, and ends with code 0 after SIGTERM or SIGINT. Code 65: it must not vote with the
file that it has, and starting it again does not help; the last line says why and what to do. A supervisor that starts
again whatever ends is better served by --when-quarantined stay.`;

export function acceptorCommand(): Command {
  const command = new Command('acceptor')
    .description('run one acceptor: the durable memory of a cluster, one of 2f+1')
    .addHelpText('after', PRECEDENCE + EXAMPLES);
  return addSettings(command, acceptorHelp).action(async flags => {
    const config = acceptorConfig(flags, process.env);
    await serve(`acceptor ${config.id}`, serving => runAcceptor(config, serving));
  });
}
