// `synod watch`: prints registers as they change.

import type { Command } from 'commander';
import { type CommonFlags, clientCommand, stateBody, withClient } from './client-command.ts';
import { textOf } from './values.ts';

const EXAMPLES = `  synod watch orders.42
  synod watch 'orders.>' --json

One line for each state that is seen: key, version, value. In order for each key, and the last state always; states between
may be left out. Keys of a pattern are shown from their first change on. It goes on until Ctrl-C.`;

export function watchCommand(): Command {
  return clientCommand('watch', 'show registers as they change', EXAMPLES)
    .argument('<PATTERN>', 'a key, or a pattern with * and >')
    .action((pattern: string, flags: CommonFlags) =>
      withClient({ ...flags }, async client => {
        for await (const { key, state } of client.watch(pattern)) {
          const value = state.set ? textOf(state.value ?? 'set') : '(unset)';
          const line =
            flags.json === true
              ? JSON.stringify({ key, ...stateBody(state) })
              : `${key}\t${state.version}\t${value}`;
          process.stdout.write(`${line}\n`);
        }
        return { json: { ok: true } };
      }),
    );
}
