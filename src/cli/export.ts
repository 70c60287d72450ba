// `synod export` and `synod import`: registers as lines of JSON, for people and other programs.

import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { Command } from 'commander';
import type { Client } from '../client/client.ts';
import { RefusedError } from '../client/errors.ts';
import { clusterHelp } from '../node/config/config-settings.ts';
import type { Flags } from '../node/config/config-sources.ts';
import { openToRead, openToWrite } from '../node/operator/file-error.ts';
import { type RegisterLine, registerLine, registerLineOf } from '../node/operator/register-lines.ts';
import { PARTITIONS } from '../protocol/partition.ts';
import { sameValue, type Value } from '../protocol/value.ts';
import { withProposer } from './backup.ts';
import { type CommonFlags, clientCommand, withClient } from './client-command.ts';
import { EXIT } from './exit-code.ts';
import { progress } from './progress.ts';
import { RegisterProgress } from './register-progress.ts';
import { addSettings, PRECEDENCE } from './setting-options.ts';
import { badRequest } from './values.ts';

const EXPORT_EXAMPLES = `
Examples:
  synod export orders.jsonl --keys orders.
  synod export | jq -r .key

One line for each register that is set: {"key":"orders.42","kind":"variable","value":"paid","version":3}. Each is read as any
other read is, while clients go on, and not all at the same moment. Request ids and deleted variables are left out: for a copy
of everything there is \`synod backup\`. It needs the NATS permissions of a proposer.
Exit code 0: done. 1: not, and the message says why.`;

const IMPORT_EXAMPLES = `  synod import orders.jsonl
  synod export --nats nats://old:4222 | synod import --server nats://new:4222

Takes lines as \`synod export\` writes them. A register that has the value already is left as it is. One that has another value is
too, and named, and the exit code is then 73; --overwrite writes variables all the same. Versions begin anew.`;

/** Written at once. */
const AT_ONCE = 64;
const NAMED_MAX = 20;

export function exportCommand(): Command {
  const command = new Command('export')
    .description('print registers as lines of JSON')
    .argument('[FILE]', 'where to (default stdout)')
    .option('--keys <START>', 'only keys that begin so')
    .addHelpText('after', PRECEDENCE + EXPORT_EXAMPLES);
  return addSettings(command, clusterHelp).action((path: string | undefined, flags: Flags) =>
    withProposer(flags, async proposer => {
      const output =
        path === undefined ? process.stdout : (await openToWrite(path, { flags: 'w' })).createWriteStream();
      // A `| head` that has enough is no failure.
      process.stdout.on('error', () => process.exit());
      const told = new RegisterProgress('exported', path === undefined);
      let registers = 0;
      for await (const { key, state, partition } of proposer.states(String(flags.keys ?? ''))) {
        if (!state.set) continue;
        if (!output.write(registerLine(key, state))) await once(output, 'drain');
        registers += 1;
        told.on(registers, partition / PARTITIONS);
      }
      if (path === undefined) return;
      output.end();
      await finished(output);
      told.end(registers, (await stat(path)).size);
      process.stdout.write(`exported ${registers} registers\n`);
    }),
  );
}

type Fate = 'written' | 'same' | 'refused';

export function importCommand(): Command {
  return clientCommand('import', 'write registers from lines of JSON', IMPORT_EXAMPLES)
    .argument('[FILE]', 'where from (default stdin)')
    .option('--overwrite', 'write variables also where there is another value')
    .action((path: string | undefined, flags: CommonFlags & { readonly overwrite?: boolean }) =>
      withClient({ ...flags }, async client => {
        const fates: Record<Fate, number> = { written: 0, same: 0, refused: 0 };
        const named: string[] = [];
        const tell = progress(flags.json === true);
        const put = async (line: RegisterLine): Promise<void> => {
          const fate = await imported(client, line, flags.overwrite === true);
          fates[fate] += 1;
          if (fate === 'refused' && named.length < NAMED_MAX) named.push(line.key);
          tell(`${fates.written} written`);
        };
        let waiting: Promise<void>[] = [];
        for await (const line of linesOf(path)) {
          waiting.push(put(line));
          if (waiting.length < AT_ONCE) continue;
          await Promise.all(waiting);
          waiting = [];
        }
        await Promise.all(waiting);
        const exitCode = fates.refused > 0 ? EXIT.refused : EXIT.done;
        const others = named.map(key => `another value is there: ${key}\n`).join('');
        const text = `${others}${fates.written} written, ${fates.same} there already, ${fates.refused} refused`;
        return { json: { ok: fates.refused === 0, ...fates, refusedKeys: named }, text, exitCode };
      }),
    );
}

/** @throws BadRequestError that names the line */
async function* linesOf(path: string | undefined): AsyncGenerator<RegisterLine> {
  const input = path === undefined ? process.stdin : (await openToRead(path)).createReadStream();
  let number = 0;
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    if (text === '') continue;
    try {
      yield registerLineOf(text);
    } catch (error) {
      throw badRequest(`Line ${number} ${error instanceof Error ? error.message : error}`);
    }
  }
}

async function imported(
  client: Client,
  { key, kind, value = null }: RegisterLine,
  overwrites: boolean,
): Promise<Fate> {
  try {
    if (kind === 'switch') await client.switch(key).set();
    else if (kind === 'register') await client.register(key).write(value);
    else if (overwrites) await client.variable(key).write(value);
    else await client.variable(key).create(value);
    return 'written';
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    if (error.code === 'wrong_kind') return 'refused';
    return kind === 'switch' || sameValue(error.state.value as Value, value) ? 'same' : 'refused';
  }
}
