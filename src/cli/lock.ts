// `synod lock`: runs a command while a lock is held.

import type { Command } from 'commander';
import type { Client } from '../client/client.ts';
import { RefusedError } from '../client/errors.ts';
import { checkAfterDashes } from './after-dashes.ts';
import { type CommonFlags, clientCommand, withClient } from './client-command.ts';
import { runWhileHeld } from './held-command.ts';
import { leaseOptions, TTL_FLAG, TTL_HELP } from './lease-flags.ts';
import { wholeNumberOf } from './values.ts';

const EXAMPLES = `  synod lock reports -- ./make-reports.sh
  synod lock reports --no-wait -- sh -c 'curl -H "Fencing-Token: $SYNOD_TOKEN" …'
  synod lock disks --permits 1 --limit 4 -- rsync …

The command has the token in SYNOD_TOKEN: whatever it writes to must refuse a smaller one than it has seen, for a lock
alone excludes nobody who is paused (docs/recipes.md). When the lock is lost, the command and what it started get SIGTERM, and
SIGKILL 5 s later. The exit code is the command's, or one of those below.`;

interface LockFlags extends CommonFlags {
  readonly ttl?: string;
  readonly owner?: string;
  readonly wait: boolean;
  readonly limit: string;
  readonly permits: string;
}

export function lockCommand(): Command {
  return clientCommand('lock', 'run a command while a lock is held', EXAMPLES)
    .argument('<KEY>')
    .argument('<COMMAND...>', 'after --')
    .option(TTL_FLAG, TTL_HELP)
    .option(
      '--owner <NAME>',
      'who holds it, for others to see; the same owner is granted at once (default a fresh one)',
    )
    .option('--no-wait', 'give up when it is held')
    .option('--limit <N>', 'how many permits there are, the same for all users of the lock', '1')
    .option('--permits <N>', 'how many of them to take', '1')
    .action((key: string, command: readonly string[], flags: LockFlags) =>
      withClient({ ...flags }, async client => {
        checkAfterDashes(command, 'KEY');
        const limit = wholeNumberOf(flags.limit, '--limit', 1);
        const permits = wholeNumberOf(flags.permits, '--permits', 1);
        // One permit is a lock, and is called so.
        const isLock = limit === 1 && permits === 1;
        const lease = leaseOptions(flags);
        const lock = isLock ? client.lock(key, lease) : client.semaphore(key, { limit, ...lease });
        const options = flags.owner === undefined ? { permits } : { permits, owner: flags.owner };
        return runWhileHeld({ command, key }, async signal => {
          if (flags.wait) return lock.acquire({ ...options, signal });
          const granted = await lock.tryAcquire(options);
          if (granted === undefined) throw await heldError(client, key);
          return granted;
        });
      }),
    );
}

async function heldError(client: Client, key: string): Promise<RefusedError> {
  const holder = await client.lock(key).holder();
  const who = holder === undefined ? 'it was held a moment ago' : `it is held by '${holder.owner}'`;
  return new RefusedError('rejected', `Cannot lock '${key}': ${who}`, await client.variable(key).read());
}
