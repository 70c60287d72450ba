// A transaction over several keys, as a function that reads and writes: run again when others were in between, until it is
// committed, fails, or its time is over. What it asks of registers is in steps.ts.

import { type Held, type Next, TRANSACTION_KEYS_MAX } from '../../protocol/transaction-changes.ts';
import { checkValue, type Value } from '../../protocol/value.ts';
import {
  BadRequestError,
  RefusedError,
  TransactionConflictError,
  UnavailableError,
  UnknownOutcomeError,
} from '../errors.ts';
import type { Registers } from '../registers.ts';
import { sleep } from '../sleep.ts';
import { type Ask, clear, commit, finish, look, type Outcome, type Steps, type Told } from './steps.ts';

/** How a transaction is run. */
export interface TransactionOptions {
  /** How long all of it may take, with its repetitions, in ms. Default: as any call of the client. */
  readonly timeoutMs?: number;
  /** Gives up when it aborts, with its reason; nothing was applied unless an UnknownOutcomeError says so. */
  readonly signal?: AbortSignal;
}

/** What a transaction does: keys are read when they are asked for, and written all at once when it has returned. */
export interface TransactionKeys {
  /** The value, undefined when there is none; what this transaction has set, if it has. Each key is read once. */
  get<T extends Value = Value>(key: string): Promise<T | undefined>;
  /** Sets the value of the key when the transaction commits. @throws BadRequestError `bad_value` */
  set(key: string, value: Value): void;
  /** Takes the value of the key away when the transaction commits. */
  delete(key: string): void;
}

/** What is done to keys at once. Run again after a conflict: it should do nothing else. */
export type TransactionWork<Result> = (keys: TransactionKeys) => Promise<Result> | Result;

export interface Running {
  readonly registers: Registers;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Unique for ever. */
  readonly newId: () => string;
}

/** For so long another transaction may be under way at a key before it is ended: many times what one takes. */
const PATIENCE_MS = 500;
const PAUSE_MS = 4;
const PAUSE_MS_MAX = 64;

export async function transact<Result>(running: Running, work: TransactionWork<Result>): Promise<Result> {
  const { timeoutMs, signal } = running;
  const untilMs = performance.now() + timeoutMs;
  let contested: string | undefined;
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    try {
      if (contested !== undefined) await makeWay(running, untilMs, contested);
      const { ended, outcome } = await attemptOnce(running, untilMs, work);
      if (outcome.kind === 'committed') {
        if ('error' in ended) throw ended.error;
        return ended.result;
      }
      contested = outcome.key;
    } catch (error) {
      // What had no time left says less than why there was none.
      const isLate = error instanceof UnavailableError && performance.now() >= untilMs;
      throw isLate && contested !== undefined ? givenUp(contested, timeoutMs, error) : error;
    }
    if (performance.now() >= untilMs) throw givenUp(contested, timeoutMs);
    await pause(attempt, signal);
  }
}

type Ended<Result> = { readonly result: Result } | { readonly error: unknown };

/** What it came to counts only if what it had read was so: also an error that it threw. */
async function attemptOnce<Result>(
  running: Running,
  untilMs: number,
  work: TransactionWork<Result>,
): Promise<{ readonly ended: Ended<Result>; readonly outcome: Outcome }> {
  const keys = new Keys(key => run(running, untilMs, look(key)));
  const id = running.newId();
  const ended = await endedOf(async () => work(keys));
  const writes = 'error' in ended ? new Map<string, Next>() : keys.writes;
  const reads = await keys.reads();
  running.signal?.throwIfAborted();
  const outcome = await run(running, untilMs, commit({ id, reads, writes })).catch(unknown);
  if (outcome.kind === 'committed') {
    // Nobody waits for it: whoever meets what is left does the same.
    const finishing = run(
      running,
      performance.now() + running.timeoutMs,
      finish(id, outcome.primary, outcome.others),
    );
    finishing.catch(() => undefined);
  }
  return { ended, outcome };
}

async function endedOf<Result>(work: () => Promise<Result>): Promise<Ended<Result>> {
  try {
    return { result: await work() };
  } catch (error) {
    return { error };
  }
}

function unknown(error: unknown): never {
  if (!(error instanceof UnknownOutcomeError)) throw error;
  const message = `Cannot tell whether the transaction was committed: ${error.message}`;
  throw new UnknownOutcomeError(message, undefined, { cause: error });
}

/** Waits until what is under way at the key is over, and ends it when it takes too long. */
async function makeWay(running: Running, untilMs: number, key: string): Promise<void> {
  const sinceMs = performance.now();
  let first: string | undefined;
  for (let attempt = 0; performance.now() < untilMs; attempt++) {
    const overdue = performance.now() - sinceMs >= PATIENCE_MS ? first : undefined;
    const inTheWay = await run(running, untilMs, clear(key, overdue));
    if (inTheWay === undefined || (first !== undefined && inTheWay !== first)) return;
    first = inTheWay;
    await pause(attempt, running.signal);
  }
}

class Keys implements TransactionKeys {
  readonly writes = new Map<string, Next>();
  readonly #reads = new Map<string, Promise<Held>>();
  readonly #look: (key: string) => Promise<Held>;

  constructor(look: (key: string) => Promise<Held>) {
    this.#look = look;
  }

  async reads(): Promise<ReadonlyMap<string, Held>> {
    const all = [...this.#reads].map(async ([key, held]) => [key, await held] as const);
    return new Map(await Promise.all(all));
  }

  async get<T extends Value>(key: string): Promise<T | undefined> {
    const written = this.writes.get(key);
    if (written !== undefined) return written.value as T | undefined;
    let held = this.#reads.get(key);
    if (held === undefined) {
      this.#check(key);
      held = this.#look(key);
      this.#reads.set(key, held);
    }
    return (await held).value as T | undefined;
  }

  set(key: string, value: Value): void {
    // As deep as it will be in the envelope.
    const check = checkValue([[[[value]]]]);
    if (check.kind === 'refused')
      throw new BadRequestError('bad_value', `Cannot set '${key}': its value ${check.why}`);
    this.#check(key);
    this.writes.set(key, { value });
  }

  delete(key: string): void {
    this.#check(key);
    this.writes.set(key, {});
  }

  #check(key: string): void {
    const keys = new Set([...this.#reads.keys(), ...this.writes.keys(), key]);
    if (keys.size <= TRANSACTION_KEYS_MAX) return;
    const why = `A transaction may use ${TRANSACTION_KEYS_MAX} keys, and '${key}' is one more`;
    throw new BadRequestError('bad_request', why);
  }
}

async function run<Result>(running: Running, untilMs: number, steps: Steps<Result>): Promise<Result> {
  let step = steps.next([]);
  while (step.done !== true) {
    step = steps.next(await Promise.all(step.value.map(ask => told(running, untilMs, ask))));
  }
  return step.value;
}

async function told({ registers }: Running, untilMs: number, { key, change, args }: Ask): Promise<Told> {
  const timeoutMs = Math.max(1, untilMs - performance.now());
  const variable = registers.variable(key);
  try {
    const asked =
      change === undefined ? variable.read({ timeoutMs }) : variable.change(change, args, { timeoutMs });
    return { kind: 'done', state: await asked };
  } catch (error) {
    if (error instanceof RefusedError && error.code === 'rejected')
      return { kind: 'rejected', state: error.state };
    return { kind: error instanceof UnknownOutcomeError ? 'unknown' : 'failed', error };
  }
}

function givenUp(key: string, timeoutMs: number, cause?: Error): TransactionConflictError {
  const why = `others kept changing '${key}' or what was read with it`;
  const message = `Cannot commit the transaction within ${timeoutMs} ms: ${why}`;
  return new TransactionConflictError('conflict', message, { cause });
}

async function pause(attempt: number, signal: AbortSignal | undefined): Promise<void> {
  const longestMs = Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** Math.min(attempt, 10));
  await sleep(Math.random() * longestMs, signal);
  signal?.throwIfAborted();
}
