// One life of one child process: its start, when it was ready, how it ended. Starts it once; to start it again
// is kept-process.ts's business.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLog, type ProcessLog } from './process-log.ts';

type Readiness =
  /** It prints this line on stdout. */
  | { readonly kind: 'line'; readonly line: string }
  /** Asked again and again until it is true. */
  | { readonly kind: 'probe'; readonly probe: () => Promise<boolean> };

export interface ProcessSpec {
  /** For people: `acceptor a1`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logPath: string;
  readonly readiness: Readiness;
}

export interface Child {
  /** Null when it could not even be started. */
  readonly pid: number | null;
  readonly log: ProcessLog;
  /** Resolves when it is ready; stays pending for ever when it ends before. */
  readonly ready: Promise<void>;
  /** How it ended, in words that follow its name. */
  readonly ended: Promise<string>;
  /** Once it has ended: null when a signal ended it, or when it could not be started. */
  readonly exitCode: () => number | null;
  signal(signal: NodeJS.Signals): void;
}

const PROBE_MS = 25;

/**
 * Detached, so that Ctrl-C in the terminal reaches the supervisor alone, which then stops its children in
 * order. The pipe to the child's stdin is never written to: its end tells the child that the supervisor died.
 */
export function startChild(spec: ProcessSpec): Child {
  const log = openLog(spec.logPath);
  const stdout = spec.readiness.kind === 'line' ? 'pipe' : log.descriptor;
  const child = spawn(spec.command, spec.args, {
    env: spec.env,
    detached: true,
    stdio: ['pipe', stdout, log.descriptor],
  });
  closeSync(log.descriptor);
  child.stdin?.on('error', () => {});
  const ended = new Promise<string>(resolve => {
    child.once('error', error => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) =>
      resolve(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`),
    );
  });
  return {
    pid: child.pid ?? null,
    log,
    ready:
      spec.readiness.kind === 'line'
        ? lineOf(child, spec.readiness.line)
        : probed(child, spec.readiness.probe),
    ended,
    exitCode: () => child.exitCode,
    signal: signal => void child.kill(signal),
  };
}

function lineOf(child: ChildProcess, wanted: string): Promise<void> {
  return new Promise(resolve => {
    if (child.stdout === null) return;
    // Read on after the line: a pipe that nobody empties would stop the child in the end.
    createInterface({ input: child.stdout }).on('line', line => {
      if (line === wanted) resolve();
    });
  });
}

async function probed(child: ChildProcess, probe: () => Promise<boolean>): Promise<void> {
  while (!(await probe())) {
    if (child.exitCode !== null || child.signalCode !== null) return new Promise(() => {});
    await sleep(PROBE_MS);
  }
}
