// Fuzzes in a process of its own, with little memory and under a watch: a crash, a hang and a heap that overflows
// end the child and not the one who asks.

import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Finding, Progress } from './child.ts';

export interface FuzzOptions {
  readonly seed: number;
  readonly ms: number;
  /** The first run. */
  readonly from?: number;
  /** One of the broken decoders, to be fuzzed with the others. */
  readonly broken?: string;
  /** Silent for so long, it hangs. */
  readonly silenceMs?: number;
}

export interface Fuzzed {
  readonly ended: 'in time' | 'with a finding' | 'by a hang' | 'by a crash';
  readonly runs: number;
  readonly taken: number;
  readonly peakBytes: number;
  /** Of what was found; for a hang or a crash, where to begin looking for it. */
  readonly run: number;
  readonly what: string;
}

/** Of JavaScript's heap. One message holds 1 MiB at most. */
export const HEAP_MIB_MAX = 96;
const SILENCE_MS = 60_000;

export function fuzz({
  seed,
  ms,
  from = 0,
  broken = '',
  silenceMs = SILENCE_MS,
}: FuzzOptions): Promise<Fuzzed> {
  const child = fork(join(import.meta.dirname, 'child.js'), [String(seed), String(from), broken], {
    execArgv: [`--max-old-space-size=${HEAP_MIB_MAX}`],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  return new Promise(resolve => {
    let last: Progress = { kind: 'progress', run: from, taken: 0, peakBytes: 0 };
    let said = '';
    const end = (ended: Fuzzed['ended'], run = last.run, what = said.slice(0, 2000)): void => {
      clearTimeout(silence);
      clearTimeout(time);
      child.removeAllListeners();
      child.kill('SIGKILL');
      const { taken, peakBytes } = last;
      resolve({ ended, runs: last.run - from, taken, peakBytes, run, what });
    };
    const silence = setTimeout(() => end('by a hang'), silenceMs);
    const time = setTimeout(() => end('in time'), ms);
    child.stderr?.on('data', chunk => {
      said += String(chunk);
    });
    child.on('message', (message: Progress | Finding) => {
      silence.refresh();
      if (message.kind === 'progress') last = message;
      else end('with a finding', message.run, `${message.target}: ${message.error}\n${message.bytes}`);
    });
    child.once('exit', () => end('by a crash'));
  });
}

export function printFuzzed(seed: number, { ended, runs, taken, peakBytes, run, what }: Fuzzed): string {
  const counted = `${runs} runs, ${taken} taken, ${Math.round(peakBytes / 2 ** 20)} MiB at most`;
  if (ended === 'in time') return counted;
  return `ended ${ended} in run ${run} or soon after (${counted})\n${what}\nreplay: npm run fuzz -- --seed ${seed} --from ${run}`;
}
