// What a client of any language may rely on, asked over plain NATS; and that the documentation shows what was run.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import test from 'ava';
import { connect, headers, type NatsConnection } from 'nats';
import { TestCluster } from '../integration/local-cluster.ts';
import { type Case, FILES, FOLDER, readCases } from './cases.ts';
import { PYTHON, runLanguage } from './foreign.ts';

const RUN = 'typescript';
const ROOT = join(FOLDER, '../..');
const cluster = new TestCluster({}, ['--proposers', '1']);
let url: string;
let connection: NatsConnection;

test.before(async () => {
  url = (await cluster.start()).nats.url;
  connection = await connect({ servers: url });
});
test.after.always(async () => {
  await connection?.close();
  await cluster.stop();
  rmSync(cluster.directory, { recursive: true, force: true });
});

function bodyOf({ body, bodyBase64, valueLetters }: Case): Uint8Array {
  if (bodyBase64 !== undefined) return Buffer.from(bodyBase64, 'base64');
  if (valueLetters !== undefined) return Buffer.from(JSON.stringify({ value: 'x'.repeat(valueLetters) }));
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
  return Buffer.from(text.replaceAll('RUN', RUN));
}

/** A reply, or that of a batch. */
type Told = Record<string, unknown> & {
  readonly error?: { message?: string };
  readonly replies?: readonly Told[];
};

/** What is overloaded was not tried, whatever it was: a machine with other work may say so to anything. */
async function ask(asked: Case): Promise<Partial<Case>> {
  for (;;) {
    const told = await askOnce(asked);
    if (told.number !== '429' || asked.number === '429') return told;
  }
}

/** What came, in the words of a case. */
async function askOnce(asked: Case): Promise<Partial<Case>> {
  const head = headers();
  for (const [name, value] of Object.entries(asked.headers ?? {})) head.set(name, value);
  const subject = asked.subject.replace('RUN', RUN);
  try {
    const reply = await connection.request(subject, bodyOf(asked), { headers: head, timeout: 10_000 });
    const number = reply.headers?.get('Nats-Service-Error-Code');
    const told = number ? { number } : {};
    if (asked.replyBase64 !== undefined)
      return { ...told, replyBase64: Buffer.from(reply.data).toString('base64') };
    const body = reply.json<Told>();
    const message = body.error?.message ?? '';
    for (const { error } of [body, ...(body.replies ?? [])]) delete error?.message;
    if (message !== (reply.headers?.get('Nats-Service-Error') ?? ''))
      throw new Error(`The header Nats-Service-Error does not say '${message}'`);
    return { ...told, reply: body };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === '503') return { noResponders: true };
    throw error;
  }
}

function expected({ reply, replyBase64, number, noResponders }: Case): Partial<Case> {
  const all = { reply, replyBase64, number, noResponders };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

for (const file of FILES) {
  test.serial(`${basename(file)}: every reply is as written there`, async t => {
    for (const [index, asked] of readCases(file).entries())
      t.deepEqual(await ask(asked), expected(asked), `case ${index + 1}, ${asked.subject}`);
  });
}

test('Python, over a bare socket, sees the same', async t => {
  const verdict = await runLanguage(PYTHON, url, cluster.directory);
  if (verdict.kind === 'missing') {
    t.log(`skipped: there is no ${PYTHON.packages}`);
    t.pass();
    return;
  }
  t.is(verdict.code, 0, verdict.said);
});

test('a client that expects something else fails and says where', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'synod-conformance-'));
  const wrong = join(directory, 'wrong.json');
  const subject = 'synod.variable.read.conformance.RUN.wrong';
  writeFileSync(wrong, JSON.stringify([{ subject, reply: { ok: true, set: false, version: 1 } }]));
  const verdict = await runLanguage({ ...PYTHON, run: () => [...PYTHON.run(''), wrong] }, url, directory);
  rmSync(directory, { recursive: true });
  if (verdict.kind === 'missing') {
    t.pass();
    return;
  }
  t.is(verdict.code, 1);
  t.regex(verdict.said, /wrong\.json, case 1, .*"version": 0/);
});

test('examples in C, Go and Python are parts of the programs that run', t => {
  const programs = readdirSync(join(FOLDER, 'clients')).map(name =>
    readFileSync(join(FOLDER, 'clients', name), 'utf8'),
  );
  const examples = ['README.md', 'docs/languages.md', 'docs/recipes.md'].flatMap(page =>
    [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^```(?:c|go|python)\n(.*?)^```/gms)].map(
      match => match[1] ?? '',
    ),
  );
  t.true(examples.length >= 5);
  const strays = examples.filter(example => !programs.some(program => program.includes(example)));
  t.deepEqual(strays, []);
});
