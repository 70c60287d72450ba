// `synod once`: runs a command once for all, and gives everybody what it printed.

import type { Command } from 'commander';
import { checkAfterDashes } from './after-dashes.ts';
import { type CommonFlags, clientCommand, withClient } from './client-command.ts';
import { runHeld } from './held-command.ts';
import { leaseOptions, TTL_FLAG, TTL_HELP } from './lease-flags.ts';

const EXAMPLES = `  synod once charge.order-42 -- ./charge.sh 42
  synod get charge.order-42

What the command prints to stdout is stored in the write-once register KEY, and printed by every later run instead of running
the command. Meanwhile others wait. A command that fails stores nothing, what it printed goes to stderr, and the next one tries. It may be run again when
its machine was lost or paused before it was stored: SYNOD_TOKEN tells such a late one apart.`;

/** The command failed: the register stays unset. */
class CommandFailed extends Error {
  readonly exitCode: number;
  readonly stdout: string;
  constructor(exitCode: number, stdout: string) {
    super(`The command ended with ${exitCode}, and nothing is stored`);
    this.exitCode = exitCode;
    this.stdout = stdout;
  }
}

export function onceCommand(): Command {
  return clientCommand('once', 'run a command once for all, and show what it printed', EXAMPLES)
    .argument('<KEY>')
    .argument('<COMMAND...>', 'after --')
    .option(TTL_FLAG, TTL_HELP)
    .action((key: string, command: readonly string[], flags: CommonFlags & { readonly ttl?: string }) =>
      withClient({ ...flags }, async client => {
        checkAfterDashes(command, 'KEY');
        try {
          let isFirst = false;
          const value = await client.once(
            key,
            async lease => {
              isFirst = true;
              const { exitCode, stdout } = await runHeld({ command, key, isTaken: true }, lease);
              if (exitCode !== 0) throw new CommandFailed(exitCode, stdout);
              return stdout.replace(/\n$/, '');
            },
            leaseOptions(flags),
          );
          return { text: value, json: { ok: true, first: isFirst, value } };
        } catch (error) {
          if (!(error instanceof CommandFailed)) throw error;
          const { exitCode, stdout, message } = error;
          const isEnded = stdout === '' || stdout.endsWith('\n');
          process.stderr.write(`${stdout}${isEnded ? '' : '\n'}${message}\n`);
          return { json: { ok: false, first: true, exitCode }, exitCode };
        }
      }),
    );
}
