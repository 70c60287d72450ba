// `synod nkey`: a fresh identity for NATS, for setting up the secured configuration without other tools.

import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { newNkey } from '../transport/nats-identity.ts';

const EXAMPLES = `
Example:
  synod nkey config/secure/acceptor.nk

It prints the public key (U…), which goes into the configuration of the NATS server. The seed in FILE is what
a node (--nats-nkey) or a client proves itself by: keep it as you keep a password.`;

export function nkeyCommand(): Command {
  return new Command('nkey')
    .description('make a key pair for NATS: the seed into a new file, the public key onto the screen')
    .argument('<FILE>', 'where the seed goes; never overwritten')
    .addHelpText('after', EXAMPLES)
    .action((file: string) => {
      const { seed, publicKey } = newNkey();
      writeFileSync(file, `${seed}\n`, { mode: 0o600, flag: 'wx' });
      process.stdout.write(`${publicKey}\n`);
    });
}
