// `synod watch`: prints registers as they change.

import type { Command } from 'commander';
import type { Client } from '../client/client.ts';
import { SynodError } from '../client/errors.ts';
import { readState } from '../client/read-state.ts';
import { type CommonFlags, clientCommand, stateBody, withClient } from './client-command.ts';
import type { Asked } from './exit-code.ts';
import { firstAnswer } from './first-answer.ts';
import { textOf } from './values.ts';

const EXAMPLES = `  synod watch orders.42
  synod watch 'orders.>' --json

One line for each state that is seen: key, version, value. In order for each key, and the last state always; states between
may be left out. Keys of a pattern are shown from their first change on. It goes on until Ctrl-C.`;

export function watchCommand(): Command {
  return clientCommand('watch', 'show registers as they change', EXAMPLES)
    .argument('<PATTERN>', 'a key, or a pattern with * and >')
    .action((pattern: string, flags: CommonFlags) =>
      withClient({ ...flags }, async (client, asked) => {
        // A pattern alone asks nobody anything, and a key that it stands for may be none that this user may read.
        if (!/[*>]/.test(pattern)) void tellWhenNobodyAnswers(client, pattern, asked);
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

/** What else goes wrong the watching meets itself. */
async function tellWhenNobodyAnswers(client: Client, key: string, asked: Asked): Promise<void> {
  try {
    await firstAnswer(asked, () => readState(client, key));
  } catch (error) {
    if (!(error instanceof SynodError)) throw error;
  }
}
