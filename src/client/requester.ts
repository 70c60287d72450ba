// One logical request, through as many attempts as it takes: definite failures are tried again after a pause
// with jitter, silence and unknown outcomes with the same id, until the deadline. Of one attempt there may be two
// copies, which is the service's business.

import { BadRequest, type ErrorCode } from '../transport/service-errors.ts';
import { TransportError } from '../transport/transport.ts';
import {
  BadRequestError,
  RefusedError,
  type SynodError,
  UnavailableError,
  UnknownOutcomeError,
} from './errors.ts';
import type { Reply } from './reply.ts';
import { CLOSED, type OnReply, type Service } from './service.ts';

export interface Call<Shown> {
  /** Makes one attempt, as `Service.ask` does. */
  readonly ask: (body: Call<Shown>['body'], onReply: OnReply<Shown>) => () => void;
  /** As `Service.patienceMs`. */
  readonly patienceMs: Service['patienceMs'];
  /** In words, to follow "Cannot ". */
  readonly what: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Present for everything but reads: what makes another attempt harmless. */
  readonly id: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** What errors tell of a call. */
type Outlined = Pick<Call<unknown>, 'what' | 'id' | 'timeoutMs'>;

/** What the service may spend on one attempt. */
const WORK_MS_MAX = 10_000;
/** A request is to end so long before its caller gives up, so that the caller hears how; less when there is little time. */
const VERDICT_MS = 100;
const PAUSE_MS = 10;
const PAUSE_MS_MAX = 500;

/** To be tried again. `open`: the attempt may still have taken effect. */
interface Again {
  readonly kind: 'again';
  readonly open: boolean;
  readonly code: 'timeout' | 'closed' | 'no_proposer' | 'bad_reply' | ErrorCode;
  readonly why: string;
}

type Ended<Shown> =
  | { readonly kind: 'state'; readonly state: Shown }
  | { readonly kind: 'error'; readonly error: SynodError }
  | Again;

/** One attempt; `isHedged` when a copy was sent, so that an answer tells nothing of what the other copy does. */
interface Attempt<Shown> {
  readonly ended: Ended<Shown>;
  readonly isHedged: boolean;
}

const COPY_LEFT = 'but another proposer has a copy of it, and has not said how that ended';

/** @throws SynodError; the signal's reason when it aborts, and then the outcome is unknown. */
export async function perform<Shown>(service: Service, call: Call<Shown>): Promise<Shown> {
  const untilMs = performance.now() + call.timeoutMs;
  let last: Again = { kind: 'again', open: false, code: 'timeout', why: 'there was no time left to try' };
  let open: Again | undefined;
  for (let attempt = 0; ; attempt++) {
    call.signal?.throwIfAborted();
    const { ended: why } = service;
    if (why !== undefined) throw givenUp(call, { ...last, code: 'closed', why }, open);
    const leftMs = untilMs - performance.now();
    if (leftMs <= 0) throw givenUp(call, last, open);
    const { ended, isHedged } = await attemptOnce(service, call, attempt, leftMs).catch(error =>
      notSent(call, error),
    );
    if (ended.kind === 'state') return ended.state;
    if (ended.kind === 'error')
      throw open === undefined && !isHedged ? ended.error : settled(call, ended.error);
    const isCopyLeft = isHedged && !ended.open && call.id !== undefined;
    const told = isCopyLeft ? { ...ended, why: `${ended.why}; ${COPY_LEFT}` } : ended;
    last = moreTelling(last, told);
    if (ended.open || isHedged) open = open === undefined ? told : moreTelling(open, told);
    if (ended.code === 'timeout' || ended.code === 'closed') continue;
    const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random());
    // An attempt at the very end could only make an unknown outcome of a definite failure.
    if (pauseMs >= untilMs - performance.now()) throw givenUp(call, last, open);
    await pause(pauseMs, call.signal);
  }
}

/** Silence after an answer tells nothing new. */
function moreTelling(before: Again, ended: Again): Again {
  return ended.code === 'timeout' && before.code !== 'timeout' ? before : ended;
}

/** A refusal is remembered with the id. A request that was not tried says nothing of the attempts before it. */
function settled(call: Outlined, error: SynodError): SynodError {
  if (!(error instanceof BadRequestError) || call.id === undefined) return error;
  const why = `an earlier attempt may have been; the last one was not tried: ${error.message}`;
  return unknownOutcome(call, why, error);
}

/** What the transport does not take, or the service refuses at once, was not tried. */
function notSent(call: Outlined, cause: unknown): Attempt<never> {
  return { ended: { kind: 'error', error: notSentError(call, cause) }, isHedged: false };
}

function notSentError(call: Outlined, cause: unknown): SynodError {
  if (cause instanceof BadRequest) return new BadRequestError(cause.code, cause.message);
  if (!(cause instanceof TransportError)) throw cause;
  return new BadRequestError('too_large', `Cannot ${call.what}: ${cause.message}`, { cause });
}

function attemptOnce<Shown>(
  service: Service,
  call: Call<Shown>,
  attempt: number,
  leftMs: number,
): Promise<Attempt<Shown>> {
  const { signal } = call;
  const workMs = Math.min(WORK_MS_MAX, Math.ceil(leftMs));
  const patienceMs = call.patienceMs(attempt, workMs);
  const timeoutMs = Math.min(workMs, Math.ceil(leftMs - Math.min(VERDICT_MS, leftMs / 4)));
  const body = { ...call.body, ...(call.id === undefined ? {} : { id: call.id }), timeoutMs };
  return new Promise((resolve, reject) => {
    const finish = (act: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      act();
    };
    const cancel = call.ask(body, (reply, isHedged = false) =>
      finish(() => resolve({ ended: reply === undefined ? cutOff(service) : endedOf(reply), isHedged })),
    );
    const onAbort = (): void => {
      cancel();
      finish(() => reject(signal?.reason));
    };
    const timer = setTimeout(() => {
      cancel();
      const why = `no answer within ${Math.round(patienceMs)} ms`;
      finish(() => resolve({ ended: { kind: 'again', open: true, code: 'timeout', why }, isHedged: false }));
    }, patienceMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** The service ended before there was a reply. */
function cutOff({ ended = CLOSED }: Service): Again {
  return { kind: 'again', open: true, code: 'closed', why: ended };
}

function endedOf<Shown>(reply: Reply<Shown>): Ended<Shown> {
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

function errorEnded({ code, message, state }: Extract<Reply, { kind: 'error' }>): Ended<never> {
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
function givenUp(call: Outlined, last: Again, open: Again | undefined): SynodError {
  if (open !== undefined && call.id !== undefined) {
    return unknownOutcome(call, open === last ? open.why : `${open.why}; later: ${last.why}`);
  }
  // Nothing is unknown after a read that came to nothing.
  const code = last.code === 'unknown' ? 'timeout' : last.code;
  return new UnavailableError(code, `Cannot ${call.what} within ${call.timeoutMs} ms: ${last.why}`);
}

function unknownOutcome(call: Outlined, why: string, cause?: SynodError): UnknownOutcomeError {
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
