// A nats-server of one's own on this machine: where its program is, which port is free, when it answers.

import { randomInt } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { connect, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { StartError } from '../process/start-error.ts';
import type { ProcessSpec } from './child.ts';

export const LOOPBACK = '127.0.0.1';
/** Debian puts servers where only root's PATH leads. src/setup.mjs looks in the same folders. */
const SERVER_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];
const PROBE_TIMEOUT_MS = 2000;

interface NatsPorts {
  readonly port: number;
  /** Of the HTTP monitoring; null for none. */
  readonly monitorPort: number | null;
  /** The path of a configuration with more; what is said here counts more. */
  readonly configPath?: string | undefined;
}

/** @throws StartError when the program is not installed. */
export function natsServerSpec({ port, monitorPort, configPath }: NatsPorts, logPath: string): ProcessSpec {
  const program = findProgram('nats-server');
  if (program === undefined) {
    throw new StartError(
      'Cannot find the program nats-server: install it (on Debian: apt-get install nats-server), ' +
        'or give the URL of a server that runs with --nats URL.',
    );
  }
  const monitorArgs = monitorPort === null ? [] : ['--http_port', String(monitorPort)];
  const configArgs = configPath === undefined ? [] : ['--config', configPath];
  const serverArgs = ['--addr', LOOPBACK, '--port', String(port), ...monitorArgs, ...configArgs];
  const probe = () => answers(LOOPBACK, port);
  return {
    name: 'nats-server',
    ...tiedToSupervisor(program, serverArgs),
    env: process.env,
    logPath,
    readiness: { kind: 'probe', probe },
  };
}

/**
 * Who leaves unread what it is sent is dropped after a second. Meanwhile the server may leave unread what the one says who
 * publishes it, and the default is ten.
 */
export const SERVER_CONFIG = 'write_deadline: "1s"\n';

/** Without TLS, and so for this machine alone; and for pages from these origins, whatever else its browsers show. */
export function websocketConfig(port: number, origins: readonly string[]): string {
  const allowed = JSON.stringify(origins);
  return `websocket { host: "${LOOPBACK}", port: ${port}, no_tls: true, allowed_origins: ${allowed} }\n`;
}

/** Unlike our own processes a foreign one does not notice when the supervisor is killed, so the kernel tells it. */
export function tiedToSupervisor(
  program: string,
  args: readonly string[],
): Pick<ProcessSpec, 'command' | 'args'> {
  const setpriv = process.platform === 'linux' ? findProgram('setpriv') : undefined;
  if (setpriv === undefined) return { command: program, args };
  return { command: setpriv, args: ['--pdeathsig', 'SIGTERM', program, ...args] };
}

/** Below those that systems give to whoever asks for any, and may give away again before it is used here. */
const ANY_PORTS = { from: 20_000, until: 32_768 };
const ATTEMPTS_MAX = 100;
/** Goes round, so that nobody in this process is given the same one soon again. */
let nextPort = randomInt(ANY_PORTS.from, ANY_PORTS.until);

/**
 * A port that is free now, for `wanted` 0; otherwise `wanted`. `flag` is where another can be given.
 * @throws StartError when that one is taken.
 */
export async function claimPort(wanted: number, flag: string): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = wanted === 0 ? anyPort() : wanted;
    try {
      await tryPort(port);
      return port;
    } catch (error) {
      if (wanted === 0 && attempt < ATTEMPTS_MAX) continue;
      throw new StartError(
        `Cannot start nats-server on port ${port}: ${portProblem(error)}. Choose another with ${flag} PORT ` +
          `(0 for any that is free), or use a NATS server that runs with --nats URL.`,
        { cause: error },
      );
    }
  }
}

function anyPort(): number {
  const port = nextPort;
  nextPort = port + 1 < ANY_PORTS.until ? port + 1 : ANY_PORTS.from;
  return port;
}

function tryPort(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, LOOPBACK, () => server.close(() => resolve()));
  });
}

function portProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  return code === 'EADDRINUSE' ? 'another program uses it' : error.message;
}

/** Whether a NATS server greets there. */
export async function answers(host: string, port: number): Promise<boolean> {
  return (await greeting(host, port)) !== undefined;
}

/** The version of the server that greets there; undefined when it does not say. */
export async function versionAt(host: string, port: number): Promise<string | undefined> {
  return /"version":"([^"]+)"/.exec((await greeting(host, port)) ?? '')?.[1];
}

/** What a NATS server says first, in plain text, before any TLS; undefined when none is there. */
function greeting(host: string, port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = connect({ host, port });
    const settle = (said?: string): void => {
      socket.destroy();
      resolve(said?.startsWith('INFO ') === true ? said : undefined);
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => settle());
    socket.once('error', () => settle());
    socket.once('end', () => settle());
    socket.once('data', bytes => settle(bytes.toString()));
  });
}

/** Where the PATH leads, or Debian's servers are. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SERVER_FOLDERS];
  return folders.map(folder => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
