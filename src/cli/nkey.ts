// `synod nkey`: a fresh identity for NATS, for setting up the secured configuration without other tools.

import { Command } from 'commander';
import { openToWrite } from '../node/operator/file-error.ts';
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
    .action(async (path: string) => {
      const file = await openToWrite(path, { flags: 'wx', mode: 0o600 });
      const { seed, publicKey } = newNkey();
      await file.writeFile(`${seed}\n`);
      await file.close();
      process.stdout.write(`${publicKey}\n`);
    });
}
