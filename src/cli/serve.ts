// Runs a node as a process: signals in, one line when ready, exit code out.

import { SUPERVISED_VARIABLE } from '../node/local/node-specs.ts';
import type { Serving } from '../node/process/serving.ts';
import { TransportError } from '../transport/transport.ts';

/** @param title what is served: `acceptor a1` */
export async function serve(title: string, run: (serving: Serving) => Promise<void>): Promise<never> {
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  process.once('SIGINT', () => stop.abort());
  if (process.env[SUPERVISED_VARIABLE] === '1') stopWithSupervisor(stop);
  let isReady = false;
  const onReady = (): void => {
    isReady = true;
    process.stdout.write(`ready ${title}\n`);
  };
  try {
    await run({ signal: stop.signal, onReady });
  } catch (error) {
    // Who is stopped while it waits for its NATS servers has nothing in hand.
    if (isReady || !stop.signal.aborted || !(error instanceof TransportError)) throw error;
  }
  process.exit(0);
}

/** The supervisor holds the other end of stdin and never writes: the end of it is the end of the supervisor. */
function stopWithSupervisor(stop: AbortController): void {
  process.stdin
    .once('end', () => stop.abort())
    .once('error', () => stop.abort())
    .resume();
  // Nobody reads what is said after that.
  process.stdout.on('error', () => {});
}
