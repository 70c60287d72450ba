// `synod ls`: prints which registers are set.

import type { Command } from 'commander';
import type { ListedKey } from '../transport/list-codec.ts';
import { type CommonFlags, clientCommand, withClient } from './client-command.ts';
import { wholeNumberOf } from './values.ts';

const EXAMPLES = `  synod ls
  synod ls orders. --json
  synod ls orders. | sort

One line for each register that is set: key, kind, version; in no order. A key that is set and not deleted meanwhile is there once;
one that is created or deleted meanwhile may or may not be.`;

const PAGE_KEYS_MAX = 1000;

export function lsCommand(): Command {
  return clientCommand('ls', 'list the registers that are set', EXAMPLES)
    .argument('[PREFIX]', 'what their keys begin with')
    .option('--limit <N>', 'no more than so many')
    .action((prefix: string | undefined, flags: CommonFlags & { readonly limit?: string }) =>
      withClient({ ...flags }, async client => {
        const limit = flags.limit === undefined ? Infinity : wholeNumberOf(flags.limit, '--limit', 1);
        const keys: ListedKey[] = [];
        let listed = 0;
        for await (const one of client.list(prefix, { pageKeys: Math.min(limit, PAGE_KEYS_MAX) })) {
          listed += 1;
          if (flags.json === true) keys.push(one);
          else process.stdout.write(`${one.key}\t${one.kind}\t${one.version}\n`);
          if (listed === limit) break;
        }
        return { json: { ok: true, keys } };
      }),
    );
}
