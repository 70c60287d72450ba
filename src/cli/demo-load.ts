// The load of the demo: workers that each have one request under way, every request recorded as it is made and
// as it ends. One attempt each, so that what is recorded is what the service said.

import { Mailroom } from '../client/mailroom.ts';
import { parseReply, type Reply } from '../client/reply.ts';
import type { HistoryEvent, SynodCall } from '../history/history.ts';
import { encodeBody } from '../transport/body-codec.ts';
import { requestSubject } from '../transport/subjects.ts';
import type { Transport } from '../transport/transport.ts';

export interface Load {
  readonly events: readonly HistoryEvent[];
  readonly succeeded: number;
  /** Answers that a register refused, such as a compare-and-set that came too late. */
  readonly refused: number;
  /** Requests without an answer, or with one that leaves the outcome open. */
  readonly unknown: number;
  /** The longest time in which a worker saw nothing but silence. */
  readonly longestGapMs: number;
}

interface LoadOptions {
  readonly prefix: string;
  readonly workers: number;
  readonly keys: readonly string[];
  readonly durationMs: number;
}

/** A worker gives a request up after this and goes on with another, as an impatient client would. */
const PATIENCE_MS = 400;

export async function runLoad(transport: Transport, inbox: string, options: LoadOptions): Promise<Load> {
  const mailroom = new Mailroom(transport, inbox);
  const recorder = new Recorder();
  const untilMs = performance.now() + options.durationMs;
  const workers = Array.from({ length: options.workers }, () => work(mailroom, recorder, options, untilMs));
  await Promise.all(workers);
  mailroom.close();
  return recorder.load;
}

async function work(
  mailroom: Mailroom,
  recorder: Recorder,
  options: LoadOptions,
  untilMs: number,
): Promise<void> {
  let process = recorder.newProcess();
  let version = 0;
  let lastAnswerMs = performance.now();
  for (let i = 0; performance.now() < untilMs; i++) {
    const key = options.keys[(process + i) % options.keys.length] ?? 'demo';
    const call = callOf(i, process, version);
    recorder.invoke(process, key, call);
    const reply = await ask(mailroom, requestSubject(options.prefix, call.operation, key), call);
    recorder.complete(process, key, call, reply);
    // A process whose request is open does nothing more; the worker goes on as another one.
    if (isOpen(reply)) process = recorder.newProcess();
    else {
      recorder.gap(performance.now() - lastAnswerMs);
      lastAnswerMs = performance.now();
    }
    if (reply?.kind === 'ok' || reply?.kind === 'error') version = reply.state.version;
  }
  recorder.gap(performance.now() - lastAnswerMs);
}

function callOf(i: number, process: number, version: number): SynodCall {
  switch (i % 4) {
    case 0:
      return { operation: 'variable.read' };
    case 1:
      return { operation: 'variable.write', value: process * 100_000 + i };
    case 2:
      return { operation: 'variable.cas', value: process * 100_000 + i, version };
    default:
      return { operation: 'variable.change', change: 'add', args: [1] };
  }
}

function ask(
  mailroom: Mailroom,
  subject: string,
  { operation: _, ...body }: SynodCall,
): Promise<Reply | undefined> {
  return new Promise(resolve => {
    const stop = mailroom.request(subject, encodeBody('json', body), message => {
      clearTimeout(timer);
      resolve(message === undefined ? undefined : parseReply(message));
    });
    const timer = setTimeout(() => {
      stop();
      resolve(undefined);
    }, PATIENCE_MS);
  });
}

function isOpen(reply: Reply | undefined): boolean {
  return (
    reply === undefined || reply.kind === 'malformed' || (reply.kind === 'error' && reply.code === 'unknown')
  );
}

class Recorder {
  readonly #events: HistoryEvent[] = [];
  #processes = 0;
  #succeeded = 0;
  #refused = 0;
  #unknown = 0;
  #longestGapMs = 0;

  get load(): Load {
    return {
      events: this.#events,
      succeeded: this.#succeeded,
      refused: this.#refused,
      unknown: this.#unknown,
      longestGapMs: this.#longestGapMs,
    };
  }

  newProcess(): number {
    this.#processes += 1;
    return this.#processes;
  }

  gap(ms: number): void {
    this.#longestGapMs = Math.max(this.#longestGapMs, ms);
  }

  invoke(process: number, key: string, call: SynodCall): void {
    this.#events.push({ type: 'invoke', process, key, time: performance.now(), ...call });
  }

  complete(process: number, key: string, { operation }: SynodCall, reply: Reply | undefined): void {
    const common = { process, key, operation, time: performance.now() };
    if (reply?.kind === 'ok') {
      this.#succeeded += 1;
      this.#events.push({ type: 'ok', ...common, ...shown(reply) });
    } else if (isOpen(reply)) {
      this.#unknown += 1;
      this.#events.push({ type: 'info', ...common });
    } else if (reply?.kind === 'error') {
      this.#refused += 1;
      const state = ['conflict', 'wrong_kind', 'rejected'].includes(reply.code) ? shown(reply) : {};
      this.#events.push({ type: 'fail', ...common, error: reply.code, ...state });
    } else this.#events.push({ type: 'fail', ...common, error: 'no_proposer' });
  }
}

function shown({ state }: Extract<Reply, { kind: 'ok' | 'error' }>): {
  set: boolean;
  version: number;
  value?: never;
} {
  const { set, version, value } = state;
  return value === undefined ? { set, version } : { set, version, value: value as never };
}
