// One logical request, through as many attempts as it takes: definite failures are tried again after a pause
// with jitter, silence and unknown outcomes with the same id, until the deadline. Of one attempt there may be two
// copies, the second to all proposers; when copies are sent is hedging.ts's business.

import { encodeBody } from '../transport/body-codec.ts';
import type { ErrorCode } from '../transport/service-errors.ts';
import { type Message, TransportError } from '../transport/transport.ts';
import {
  BadRequestError,
  RefusedError,
  type SynodError,
  UnavailableError,
  UnknownOutcomeError,
} from './errors.ts';
import type { Hedging } from './hedging.ts';
import type { Mailroom } from './mailroom.ts';
import { parseReply, type Reply } from './reply.ts';
import type { State } from './state.ts';

export interface Call {
  readonly subject: string;
  /** Where all proposers hear it. */
  readonly againSubject: string;
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
const CLOSED = 'the client was closed';

/** To be tried again. `open`: the attempt may still have taken effect. */
interface Again {
  readonly kind: 'again';
  readonly open: boolean;
  readonly code: 'timeout' | 'closed' | 'no_proposer' | 'bad_reply' | ErrorCode;
  readonly why: string;
}

type Ended =
  | { readonly kind: 'state'; readonly state: State<unknown> }
  | { readonly kind: 'error'; readonly error: SynodError }
  | Again;

/** One attempt; `isHedged` when a copy was sent, so that an answer tells nothing of what the other copy does. */
interface Attempt {
  readonly ended: Ended;
  readonly isHedged: boolean;
}

/** What the calls of one client share. */
export interface Way {
  readonly mailroom: Mailroom;
  readonly hedging: Hedging;
}

/** @throws SynodError; the signal's reason when it aborts, and then the outcome is unknown. */
export async function perform(way: Way, call: Call): Promise<State<unknown>> {
  const { mailroom } = way;
  const untilMs = performance.now() + call.timeoutMs;
  let last: Again = { kind: 'again', open: false, code: 'timeout', why: 'there was no time left to try' };
  let open: Again | undefined;
  for (let attempt = 0; ; attempt++) {
    call.signal?.throwIfAborted();
    if (mailroom.isClosed) throw givenUp(call, { ...last, code: 'closed', why: CLOSED }, open);
    const leftMs = untilMs - performance.now();
    if (leftMs <= 0) throw givenUp(call, last, open);
    const { ended, isHedged } = await attemptOnce(way, call, attempt, leftMs).catch(error =>
      notSent(call, error),
    );
    if (ended.kind === 'state') return ended.state;
    if (ended.kind === 'error')
      throw open === undefined && !isHedged ? ended.error : settled(call, ended.error);
    last = ended;
    if (ended.open || isHedged) open = ended;
    if (ended.code === 'timeout' || ended.code === 'closed') continue;
    const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random());
    // An attempt at the very end could only make an unknown outcome of a definite failure.
    if (pauseMs >= untilMs - performance.now()) throw givenUp(call, last, open);
    await pause(pauseMs, call.signal);
  }
}

/** A refusal is remembered with the id. A request that was not tried says nothing of the attempts before it. */
function settled(call: Call, error: SynodError): SynodError {
  if (!(error instanceof BadRequestError) || call.id === undefined) return error;
  const why = `an earlier attempt may have been; the last one was not tried: ${error.message}`;
  return unknownOutcome(call, why, error);
}

/** What the transport does not take was not tried. */
function notSent(call: Call, cause: unknown): Attempt {
  if (!(cause instanceof TransportError)) throw cause;
  const message = `Cannot ${call.what}: ${cause.message}`;
  return {
    ended: { kind: 'error', error: new BadRequestError('too_large', message, { cause }) },
    isHedged: false,
  };
}

function attemptOnce(
  { mailroom, hedging }: Way,
  call: Call,
  attempt: number,
  leftMs: number,
): Promise<Attempt> {
  const attemptMs = Math.min(leftMs, ATTEMPT_MS_MAX, ATTEMPT_MS * 2 ** Math.min(attempt, 10));
  const bytes = bodyOf(call, leftMs);
  const { signal } = call;
  return new Promise((resolve, reject) => {
    const copies: (() => void)[] = [];
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      for (const forget of copies) forget();
      if (copies.length > 1) hedging.end();
      copies.length = 0;
    };
    const finish = (ended: Ended): void => {
      const isHedged = copies.length > 1;
      stop();
      resolve({ ended, isHedged });
    };
    const send = (subject: string, onMessage: (message: Message | undefined) => void): void => {
      const sentMs = performance.now();
      const forget = mailroom.request(subject, bytes, message => {
        if (isServed(message)) hedging.learn(performance.now() - sentMs);
        onMessage(message);
      });
      copies.push(forget);
    };
    const giveUp = (): void => {
      const why = `no answer within ${Math.round(attemptMs)} ms`;
      finish({ kind: 'again', open: true, code: 'timeout', why });
    };
    const hedge = (leftMs: number): void => {
      timer = setTimeout(giveUp, leftMs);
      if (!hedging.begin()) return;
      try {
        // Proposers that do not know copies are no reason to give the first one up.
        send(call.againSubject, message => message?.isNoResponders !== true && finish(endedOf(message)));
      } catch (error) {
        // Nor is a server that takes less than the one before.
        hedging.end();
        if (!(error instanceof TransportError)) reject(error);
      }
    };
    const onAbort = (): void => {
      stop();
      reject(signal?.reason);
    };
    send(call.subject, message => finish(endedOf(message)));
    const { afterMs } = hedging;
    timer =
      afterMs < attemptMs ? setTimeout(hedge, afterMs, attemptMs - afterMs) : setTimeout(giveUp, attemptMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

function bodyOf({ body, id }: Call, leftMs: number): Uint8Array {
  const timeoutMs = Math.min(WORK_MS_MAX, Math.ceil(leftMs));
  return encodeBody('json', { ...body, ...(id === undefined ? {} : { id }), timeoutMs });
}

/** A request that was turned away tells nothing of how long serving takes. */
function isServed(message: Message | undefined): boolean {
  return (
    message !== undefined &&
    !message.isNoResponders &&
    message.header('Nats-Service-Error-Code') === undefined
  );
}

/** @param message absent when the client was closed before a reply came. */
function endedOf(message: Message | undefined): Ended {
  if (message === undefined) return { kind: 'again', open: true, code: 'closed', why: CLOSED };
  const reply = parseReply(message);
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
      return { kind: 'again', open: true, code: 'bad_reply', why: reply.why };
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

/** @param open the last attempt that may have taken effect. */
function givenUp(call: Call, last: Again, open: Again | undefined): SynodError {
  if (open !== undefined && call.id !== undefined) return unknownOutcome(call, open.why);
  // Nothing is unknown after a read that came to nothing.
  const code = last.code === 'unknown' ? 'timeout' : last.code;
  return new UnavailableError(code, `Cannot ${call.what} within ${call.timeoutMs} ms: ${last.why}`);
}

function unknownOutcome(call: Call, why: string, cause?: SynodError): UnknownOutcomeError {
  const message = `Cannot tell whether ${call.what} was applied: ${why}`;
  return new UnknownOutcomeError(message, call.id, { cause });
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
