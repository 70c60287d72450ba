// A command that runs while a lease is held: it gets the token in its environment, and is stopped when the lease is lost.

import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { SynodError } from '../client/errors.ts';
import type { Lease } from '../client/recipes/lease.ts';
import type { Result } from './client-command.ts';
import { EXIT } from './exit-code.ts';
import { badRequest } from './values.ts';

/** After SIGTERM a command has so long before SIGKILL. */
const KILL_AFTER_MS = 5000;

export interface HeldCommand {
  readonly command: readonly string[];
  /** Beside SYNOD_KEY and SYNOD_TOKEN. */
  readonly key: string;
  /** Whether stdout is taken rather than passed through. */
  readonly isTaken: boolean;
}

interface Ended {
  /** The command's own, 128 and the number of the signal that ended it, or 76. */
  readonly exitCode: number;
  readonly stdout: string;
}

/** Runs the command until it ends. @throws BadRequestError when it cannot be started */
export async function runHeld({ command, key, isTaken }: HeldCommand, lease: Lease): Promise<Ended> {
  const [program = '', ...args] = command;
  const hasTerminal = process.stdin.isTTY === true;
  const child = spawn(program, args, {
    stdio: ['inherit', isTaken ? 'pipe' : 'inherit', 'inherit'],
    env: { ...process.env, SYNOD_KEY: key, SYNOD_TOKEN: String(lease.token) },
    // In a group of its own, whatever it starts can be stopped with it. A terminal would then be taken from it.
    detached: !hasTerminal,
  });
  const send = (signal: NodeJS.Signals): void => signalTo(child, signal, !hasTerminal);
  const passOn = (signal: NodeJS.Signals): void => send(signal);
  let killTimer: NodeJS.Timeout | undefined;
  const onLoss = (): void => {
    process.stderr.write(`${lease.signal.reason.message}: the command is stopped\n`);
    send('SIGTERM');
    killTimer = setTimeout(() => send('SIGKILL'), KILL_AFTER_MS);
  };
  for (const signal of PASSED_ON) process.on(signal, passOn);
  lease.signal.addEventListener('abort', onLoss, { once: true });
  if (lease.signal.aborted) onLoss();
  try {
    const stdout = isTaken ? textFrom(child) : Promise.resolve('');
    const exitCode = await exitOf(child, program);
    return { exitCode: lease.signal.aborted ? EXIT.leaseLost : exitCode, stdout: await stdout };
  } finally {
    clearTimeout(killTimer);
    lease.signal.removeEventListener('abort', onLoss);
    for (const signal of PASSED_ON) process.off(signal, passOn);
  }
}

/** Waits for the lease, runs the command, and gives the lease up. A signal before the command runs ends the waiting. */
export async function runWhileHeld(
  held: Omit<HeldCommand, 'isTaken'>,
  acquire: (signal: AbortSignal) => Promise<Lease>,
): Promise<Result> {
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => stop.abort(new Stopped(signal));
  for (const signal of PASSED_ON) process.on(signal, onSignal);
  try {
    const lease = await acquire(stop.signal);
    const exitCode = await runAndRelease(held, lease, stop.signal);
    return { json: { ok: exitCode === 0, token: lease.token, exitCode }, exitCode };
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    return { json: { ok: false, exitCode: error.exitCode }, exitCode: error.exitCode };
  } finally {
    for (const signal of PASSED_ON) process.off(signal, onSignal);
  }
}

class Stopped extends Error {
  readonly exitCode: number;
  constructor(signal: NodeJS.Signals) {
    super(`Stopped by ${signal}`);
    this.exitCode = exitCodeOfSignal(signal);
  }
}

/** What the command came to counts, also when nobody hears of the end of the lease. */
async function runAndRelease(
  held: Omit<HeldCommand, 'isTaken'>,
  lease: Lease,
  stop: AbortSignal,
): Promise<number> {
  try {
    stop.throwIfAborted();
    return (await runHeld({ ...held, isTaken: false }, lease)).exitCode;
  } finally {
    await lease.release().catch((error: unknown) => {
      if (!(error instanceof SynodError)) throw error;
      process.stderr.write(`${error.message}\n`);
    });
  }
}

const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function signalTo(child: ChildProcess, signal: NodeJS.Signals, isGroup: boolean): void {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(isGroup ? -pid : pid, signal);
  } catch {
    // It has just ended.
  }
}

function exitOf(child: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', error => reject(badRequest(`Cannot run '${program}': ${error.message}`)));
    child.once('close', (code, signal) => {
      resolve(code ?? (signal === null ? 128 : exitCodeOfSignal(signal)));
    });
  });
}

/** As shells have it. */
function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

async function textFrom({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) return '';
  const chunks: Buffer[] = [];
  for await (const chunk of stdout) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
