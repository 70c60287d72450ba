// One logical request, through as many attempts as it takes: definite failures are tried again after a pause
// with jitter, silence and unknown outcomes with the same id, until the deadline.

import { encodeBody } from '../transport/body-codec.ts';
import type { ErrorCode } from '../transport/service-errors.ts';
import {
  BadRequestError,
  RefusedError,
  type SynodError,
  UnavailableError,
  UnknownOutcomeError,
} from './errors.ts';
import type { Mailroom } from './mailroom.ts';
import { parseReply, type Reply } from './reply.ts';
import type { State } from './state.ts';

export interface Call {
  readonly subject: string;
  /** In words, to follow "Cannot ". */
  readonly what: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Present for everything but reads: what makes another attempt harmless. */
  readonly id: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Silence for this long makes a first attempt be repeated; each later one may take twice as long. */
const ATTEMPT_MS = 250;
const ATTEMPT_MS_MAX = 2000;
/** What the service may spend on one attempt. */
const WORK_MS_MAX = 10_000;
const PAUSE_MS = 10;
const PAUSE_MS_MAX = 500;

type Ended =
  | { readonly kind: 'state'; readonly state: State<unknown> }
  | { readonly kind: 'error'; readonly error: SynodError }
  /** To be tried again. `open`: the attempt may still have taken effect. */
  | {
      readonly kind: 'again';
      readonly open: boolean;
      readonly code: 'timeout' | 'no_proposer' | ErrorCode;
      readonly why: string;
    };

/** @throws SynodError; the signal's reason when it aborts, and then the outcome is unknown. */
export async function perform(mailroom: Mailroom, call: Call): Promise<State<unknown>> {
  const untilMs = performance.now() + call.timeoutMs;
  let isOpen = false;
  let last: Extract<Ended, { kind: 'again' }> | undefined;
  for (let attempt = 0; ; attempt++) {
    const leftMs = untilMs - performance.now();
    if (leftMs <= 0) throw outOfTime(call, last, isOpen);
    const ended = await attemptOnce(mailroom, call, attempt, leftMs);
    if (ended.kind === 'state') return ended.state;
    if (ended.kind === 'error') throw ended.error;
    last = ended;
    isOpen ||= ended.open;
    if (ended.code !== 'timeout') {
      const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random());
      await pause(Math.min(pauseMs, Math.max(0, untilMs - performance.now())), call.signal);
    }
  }
}

function attemptOnce(mailroom: Mailroom, call: Call, attempt: number, leftMs: number): Promise<Ended> {
  const attemptMs = Math.min(leftMs, ATTEMPT_MS_MAX, ATTEMPT_MS * 2 ** Math.min(attempt, 10));
  const body = {
    ...call.body,
    ...(call.id === undefined ? {} : { id: call.id }),
    timeoutMs: Math.min(WORK_MS_MAX, Math.ceil(leftMs)),
  };
  return new Promise((resolve, reject) => {
    const { signal } = call;
    const finish = (act: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      act();
    };
    const cancel = mailroom.request(call.subject, encodeBody('json', body), message =>
      finish(() => resolve(endedOf(call, parseReply(message)))),
    );
    const onAbort = (): void => {
      cancel();
      finish(() => reject(signal?.reason));
    };
    const timer = setTimeout(() => {
      cancel();
      const why = `no answer within ${Math.round(attemptMs)} ms`;
      finish(() => resolve({ kind: 'again', open: true, code: 'timeout', why }));
    }, attemptMs);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}

function endedOf(call: Call, reply: Reply): Ended {
  switch (reply.kind) {
    case 'ok':
      return { kind: 'state', state: reply.state };
    case 'no_proposer':
      return {
        kind: 'again',
        open: false,
        code: 'no_proposer',
        why: 'no proposer listens on this NATS server',
      };
    case 'malformed':
      return { kind: 'error', error: new UnknownOutcomeError(`Cannot ${call.what}: ${reply.why}`, call.id) };
    case 'error':
      return errorEnded(reply);
  }
}

function errorEnded({ code, message, state }: Extract<Reply, { kind: 'error' }>): Ended {
  switch (code) {
    case 'conflict':
    case 'already_written':
    case 'wrong_kind':
    case 'rejected':
      return { kind: 'error', error: new RefusedError(code, message, state) };
    case 'bad_request':
    case 'bad_key':
    case 'bad_value':
    case 'unknown_change':
    case 'too_large':
      return { kind: 'error', error: new BadRequestError(code, message) };
    case 'overloaded':
    case 'no_quorum':
    case 'storage_full':
      return { kind: 'again', open: false, code, why: message };
    case 'unknown':
      return { kind: 'again', open: true, code, why: message };
  }
}

function outOfTime(
  call: Call,
  last: Extract<Ended, { kind: 'again' }> | undefined,
  isOpen: boolean,
): SynodError {
  const why = `Cannot ${call.what}: ${last?.why ?? 'no time was left'} (gave up after ${call.timeoutMs} ms)`;
  if (isOpen && call.id !== undefined) return new UnknownOutcomeError(why, call.id);
  return new UnavailableError(last?.code ?? 'timeout', why);
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
