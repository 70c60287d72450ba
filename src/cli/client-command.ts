// What all commands of a client have in common: how they reach the service, what they print, and how they fail.

import { Command } from 'commander';
import type { Client } from '../client/client.ts';
import { connectClient } from '../client/connect.ts';
import { RefusedError, SynodError } from '../client/errors.ts';
import type { State } from '../client/state.ts';
import { type ClientConfig, clientConfig, clientHelp } from '../node/config/client-config.ts';
import type { Environment, Flags } from '../node/config/config-sources.ts';
import { contextSettings } from '../node/config/nats-context.ts';
import { natsOptions } from '../node/config/nats-options.ts';
import { type Asked, clientExitCode, EXIT, EXIT_CODES, failureLines } from './exit-code.ts';
import { addSetting } from './setting-options.ts';
import { textOf } from './values.ts';

const SETTINGS = `
How to reach NATS can be in the environment: NATS_URL or SYNOD_NATS, SYNOD_NATS_USER, SYNOD_NATS_CREDS and so on; or in a context
of the nats command line (--context, NATS_CONTEXT), which wins over the environment and not over flags. --nats, --nats-user and so
on, as nodes have them, work too.`;

export interface CommonFlags {
  readonly json?: boolean;
}

/** What a command came to. `text` goes to stdout as a line, or `json` with --json. */
export interface Result {
  readonly text?: string | undefined;
  /** Absent where the command has printed all that there is. */
  readonly json?: object;
  readonly exitCode?: number;
}

/** A command with the flags of all client commands. */
export function clientCommand(name: string, description: string, examples: string): Command {
  const command = new Command(name)
    .description(description)
    .option('--json', 'one JSON object on stdout, for errors too')
    .option('--context <NAME>', 'how to reach NATS, as `nats context save NAME` keeps it')
    .addHelpText('after', `\nExamples:\n${examples}\n${EXIT_CODES}\n${SETTINGS}`);
  for (const [key, setting] of Object.entries(clientHelp)) addSetting(command, key, setting, 'short');
  return command;
}

/** Connects, does `work` with the client, prints what it came to and sets the exit code. @throws ConfigError */
export async function withClient(
  flags: CommonFlags & Readonly<Record<string, unknown>>,
  work: (client: Client, asked: Asked) => Promise<Result>,
): Promise<void> {
  const { json = false } = flags;
  const config = clientConfig(
    { ...ofContext(flags.context ?? process.env.NATS_CONTEXT), ...flags },
    settingsOf(process.env),
  );
  const asked = { servers: config.nats.servers, prefix: config.prefix };
  // A `| head` that has enough is no failure.
  process.stdout.on('error', () => process.exit());
  try {
    print(await ask(config, client => work(client, asked)), json);
  } catch (error) {
    if (!(error instanceof SynodError)) throw error;
    process.exitCode = clientExitCode(error);
    if (json) printLine(JSON.stringify(errorBody(error)));
    else process.stderr.write(`${failureLines(error, asked)}\n`);
  }
}

async function ask(
  { nats, inboxPrefix, prefix, timeoutMs }: ClientConfig,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const log = (event: string, { what }: Readonly<Record<string, unknown>> = {}): void => {
    if (event === 'nats_refused') process.stderr.write(`The NATS server refuses: ${what}\n`);
  };
  const client = await connectClient({
    ...natsOptions(nats, 'synod-cli', log),
    prefix,
    timeoutMs,
    connectTimeoutMs: timeoutMs,
    ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
  });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

function ofContext(name: unknown): Flags {
  return typeof name === 'string' && name !== '' ? contextSettings(name, process.env) : {};
}

/** The file of a node (SYNOD_CONFIG) is none of a client's. */
function settingsOf({ SYNOD_CONFIG: _, ...env }: Environment): Environment {
  return env;
}

function print({ text, json, exitCode = EXIT.done }: Result, isJson: boolean): void {
  process.exitCode = exitCode;
  if (isJson && json !== undefined) printLine(JSON.stringify(json));
  else if (text !== undefined) printLine(text);
}

function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** An error, in the words of the service. */
export function errorBody(error: SynodError): object {
  const state = error instanceof RefusedError ? error.state : {};
  return { ok: false, error: { code: error.code, message: error.message }, ...state };
}

/** The reply to a request, in the words of the service. */
export function stateBody({ set, value, version }: State<unknown>): object {
  return { ok: true, set, ...(value === undefined ? {} : { value }), version };
}

/** After a write: the version that it made. */
export function written(state: State<unknown>): Result {
  return { text: `version ${state.version}`, json: stateBody(state) };
}

/** After a change: the value that it made. */
export function shown(state: State<unknown>): Result {
  return { text: textOf(state.value), json: stateBody(state) };
}
