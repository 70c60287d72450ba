// `synod batch`: many requests from lines of JSON, with a line of JSON for each that says how it ended.

import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import type { BatchItem, BatchOutcome } from '../client/batch.ts';
import { openToRead } from '../node/operator/file-error.ts';
import { isPlainObject } from '../protocol/value.ts';
import { type CommonFlags, clientCommand, errorBody, stateBody, withClient } from './client-command.ts';
import { clientExitCode, EXIT } from './exit-code.ts';
import { badRequest } from './values.ts';

const EXAMPLES = `  synod batch requests.jsonl
  echo '{"operation":"variable.change","key":"visits","change":"add","args":[1]}' | synod batch

Each line is a request: {"operation":"variable.cas","key":"a","value":1,"version":0}, with what the operation takes, and an "id" that
makes a repetition harmless. For each there is a line {"ok":true,"set":true,"value":1,"version":1}, or {"ok":false,"error":{…}}, in the same
order. It is no transaction: each ends by itself, in no order with the others. Its NATS user needs the right to synod.batch.
The exit code is that of the worst: 75 when anything is unknown, else 69, 73 or 1, and 0 when all is done.`;

/** Asked at once, and told of before the next ones are read. */
const AT_ONCE = 1000;
/** What matters most comes first. */
const WORST: readonly number[] = [EXIT.unknown, EXIT.unavailable, EXIT.refused, EXIT.badRequest, EXIT.done];

export function batchCommand(): Command {
  return clientCommand('batch', 'ask for many things at once, from lines of JSON', EXAMPLES)
    .argument('[FILE]', 'where from (default stdin)')
    .action((path: string | undefined, flags: CommonFlags) =>
      withClient({ ...flags }, async client => {
        const codes = new Set<number>([EXIT.done]);
        let asked = 0;
        let done = 0;
        for await (const items of chunksOf(path)) {
          const outcomes = await client.batch(items);
          for (const outcome of outcomes) {
            codes.add(outcome.ok ? EXIT.done : clientExitCode(outcome.error));
            process.stdout.write(`${JSON.stringify(lineOf(outcome))}\n`);
          }
          asked += outcomes.length;
          done += outcomes.filter(({ ok }) => ok).length;
        }
        process.stderr.write(`${done} of ${asked} done\n`);
        return { exitCode: WORST.find(code => codes.has(code)) ?? EXIT.done };
      }),
    );
}

function lineOf(outcome: BatchOutcome): object {
  return outcome.ok ? stateBody(outcome) : errorBody(outcome.error);
}

async function* chunksOf(path: string | undefined): AsyncGenerator<readonly BatchItem[]> {
  const input = path === undefined ? process.stdin : (await openToRead(path)).createReadStream();
  let number = 0;
  let items: BatchItem[] = [];
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    if (text.trim() === '') continue;
    items.push(itemOf(text, number));
    if (items.length < AT_ONCE) continue;
    yield items;
    items = [];
  }
  if (items.length > 0) yield items;
}

/** What the operation takes is the client's and the service's to judge. @throws BadRequestError that names the line */
function itemOf(text: string, number: number): BatchItem {
  let item: unknown;
  try {
    item = JSON.parse(text);
  } catch {
    throw badRequest(`Line ${number} is no JSON`);
  }
  if (isItem(item)) return item;
  throw badRequest(`Line ${number} needs an "operation" and a "key"`);
}

function isItem(candidate: unknown): candidate is BatchItem {
  return (
    isPlainObject(candidate) && typeof candidate.operation === 'string' && typeof candidate.key === 'string'
  );
}
