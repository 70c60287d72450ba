// A process whose system calls are recorded, by strace.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { TRACED } from './calls.ts';

const BYTES_MAX = 1 << 24;

/** Why nothing can be recorded here, or undefined where it can. */
export function straceProblem(): string | undefined {
  const { error, status, stderr } = spawnSync(
    'strace',
    ['-f', '--seccomp-bpf', '-e', 'trace=fsync', 'true'],
    {
      encoding: 'utf8',
    },
  );
  if (error !== undefined)
    return `strace is not installed (on Debian: apt-get install strace): ${error.message}`;
  return status === 0 ? undefined : `strace may not trace here: ${stderr.trim()}`;
}

export interface Traced {
  readonly process: ChildProcess;
  /** Resolves when it prints this line, rejects when it ends before. */
  readonly ready: Promise<void>;
  /** Resolves when it has ended and its record is complete. */
  readonly recorded: Promise<void>;
}

interface TracedOptions {
  readonly args: readonly string[];
  readonly readyLine: string;
  readonly record: string;
  /** Killed without warning when a thread of it asks for its so many-th sync, and before that is done. */
  readonly killedAtSync: number | undefined;
}

/** Starts Node with these arguments. */
export function traced({ args, readyLine, record, killedAtSync }: TracedOptions): Traced {
  // The filter makes it several times faster, but strace injects no signal with it.
  const fault =
    killedAtSync === undefined
      ? ['--seccomp-bpf']
      : ['-e', `inject=fsync,fdatasync:signal=SIGKILL:when=${killedAtSync}`];
  // -D: strace stands aside, so that the process is our own child and gets our signals.
  const strace = ['-D', '-f', '-qq', '-y', '-xx', '-s', String(BYTES_MAX), '-o', record];
  const child = spawn(
    'strace',
    [...strace, '-e', `trace=${TRACED.join(',')}`, ...fault, process.execPath, ...args],
    // Nobody writes into the fourth: it is at its end when both the process and strace have closed it.
    { stdio: ['pipe', 'pipe', 'ignore', 'pipe'] },
  );
  const { stdout } = child;
  const gone = child.stdio[3];
  if (stdout === null || !(gone instanceof Readable))
    throw new Error('The process was started without pipes');
  gone.resume();
  const ended = once(child, 'exit');
  const lines = createInterface({ input: stdout });
  const ready = new Promise<void>((resolve, reject) => {
    lines.on('line', line => {
      if (line === readyLine) resolve();
    });
    ended.then(
      ([code, signal]) => reject(new Error(`It ended with ${signal ?? code} before it was ready`)),
      reject,
    );
  });
  return {
    process: child,
    ready,
    recorded: Promise.all([ended, finished(gone, { writable: false })]).then(() => undefined),
  };
}
