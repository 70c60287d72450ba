// The TypeScript client: switches, write-once registers and variables as objects, over the service that it is given.

import { LEASE_MS } from '../protocol/lock-changes.ts';
import type { OperationType } from '../protocol/operation.ts';
import { numberedId } from '../protocol/sessions.ts';
import { checkValue, type Value } from '../protocol/value.ts';
import type { ListedKey } from '../transport/list-codec.ts';
import { isOperationType } from '../transport/request-codec.ts';
import { keyProblem } from '../transport/subjects.ts';
import type { BatchItem, BatchOptions, BatchOutcome } from './batch.ts';
import { randomName } from './chance.ts';
import { BadRequestError, SynodError, UnavailableError } from './errors.ts';
import { type ListOptions, list } from './list.ts';
import { Barrier } from './recipes/barrier.ts';
import { Counter, Ids } from './recipes/counter.ts';
import { Election } from './recipes/election.ts';
import type { Lease } from './recipes/lease.ts';
import { Lock } from './recipes/lock.ts';
import { type OnceOptions, once } from './recipes/once.ts';
import { type LeaseOptions, Semaphore } from './recipes/semaphore.ts';
import type { CallOptions, Register, Registers, Switch, Variable, WriteOptions } from './registers.ts';
import { perform } from './requester.ts';
import type { OnHint, Service } from './service.ts';
import type { State } from './state.ts';
import { type TransactionOptions, type TransactionWork, transact } from './transactions/transaction.ts';
import { type KeyState, type WatchOptions, watch } from './watch.ts';

/** What is asked together takes as long as the slowest of it: silence is borne like after so many attempts. */
const TOGETHER_DELAYS = 2;

/**
 * What `connect` gives: registers of three kinds by their keys, and the recipes that are made of them. A key is up to 16 terms of
 * `[A-Za-z0-9_/=-]` with dots between, 255 characters at most. It is made once and shared: calls may go on at the same time.
 *
 * Any call can throw, beside what it says itself: UnavailableError when it was not applied because nobody could, such as
 * `no_quorum` or `no_proposer`; UnknownOutcomeError when a change may or may not be applied; BadRequestError when what was
 * asked cannot be, such as `bad_value`; RefusedError `wrong_kind` when the register is of another kind.
 */
export class Client implements Registers {
  readonly #service: Service;
  readonly #timeoutMs: number;
  /** Request ids are this and a number: unique without asking for chance each time, and never applied twice (R4). */
  readonly #session = randomName(8);
  #lastId = 0;

  constructor(service: Service, { timeoutMs }: { readonly timeoutMs: number }) {
    this.#service = service;
    this.#timeoutMs = timeoutMs;
  }

  /** The switch of this key, off until it is turned on. Nothing is asked yet. @throws BadRequestError `bad_key` */
  switch(key: string): Switch {
    checkKey(key);
    return {
      set: async options => {
        await this.#call('switch.set', key, {}, options);
      },
      read: async options => (await this.#call('switch.read', key, {}, options)).set,
    };
  }

  /** The write-once register of this key. Nothing is asked yet. @throws BadRequestError `bad_key` */
  register<T extends Value = Value>(key: string): Register<T> {
    checkKey(key);
    return {
      write: async (value, options) => {
        await this.#call('register.write', key, { value }, options);
      },
      read: async options => typed<T>(await this.#call('register.read', key, {}, options)),
    };
  }

  /**
   * The variable of this key. Nothing is asked yet. Its type `T` is what the program agrees on with itself: nobody checks it.
   * @throws BadRequestError `bad_key`
   */
  variable<T extends Value = Value>(key: string): Variable<T> {
    checkKey(key);
    const call = async (type: OperationType, body: object, options?: CallOptions): Promise<State<T>> =>
      typed<T>(await this.#call(type, key, body, options));
    return {
      read: options => call('variable.read', {}, options),
      write: (value, options) => call('variable.write', { value, ...lasting(options) }, options),
      create: (value, options) => call('variable.create', { value, ...lasting(options) }, options),
      cas: (value, expected, options) =>
        call('variable.cas', { value, ...expected, ...lasting(options) }, options),
      delete: ({ version, ...options } = {}) =>
        call('variable.delete', version === undefined ? {} : { version }, options),
      change: (change, args = [], options) => call('variable.change', { change, args }, options),
    };
  }

  /**
   * A lock with a lease and a fencing token. Alone it excludes nobody who is paused: docs/recipes.md.
   * @throws BadRequestError `bad_key`
   */
  lock(key: string, options?: LeaseOptions): Lock {
    return new Lock(this, key, options);
  }

  /**
   * `limit` permits (1,000 at most), of which a reader takes one and a writer all. All users of it name the same limit.
   * @throws BadRequestError `bad_key`
   */
  semaphore(key: string, options: LeaseOptions & { readonly limit: number }): Semaphore {
    const { limit, ttlMs = LEASE_MS } = options;
    return new Semaphore(this, key, { what: `the semaphore '${key}'`, limit, ttlMs });
  }

  /** The election of a leader, who holds a lease under a name. @throws BadRequestError `bad_key` */
  election(key: string, options?: LeaseOptions): Election {
    return new Election(this, key, options);
  }

  /** A number that many add to; 0 at first. @throws BadRequestError `bad_key` */
  counter(key: string): Counter {
    return new Counter(this, key);
  }

  /** Unique numbers, taken in blocks (default 100, at most 1,000,000). @throws BadRequestError `bad_key`, `bad_request` */
  ids(key: string, options?: { readonly block?: number }): Ids {
    return new Ids(this, key, options);
  }

  /**
   * The result of `work`, or of who did it first under this key. The key `<key>.claim` is used, too. When the work throws, so does
   * this, and the next one tries; it may also begin again when whoever did it was lost or paused: its `lease.token` tells.
   */
  once<T extends Value>(key: string, work: (lease: Lease) => Promise<T>, options?: OnceOptions): Promise<T> {
    return once(this, key, work, options);
  }

  /** Where everybody waits until `parties` have arrived. @throws BadRequestError `bad_key`, `bad_request` */
  barrier(key: string, parties: number): Barrier {
    return new Barrier(this, key, parties);
  }

  /**
   * Many requests in few messages (1,000 requests or half a MiB in each), where the NATS user may publish to `synod.batch`. They are
   * no transaction, and in no order: each ends by itself as its own call would, and is retried by itself with its id. Never
   * throws for one of them.
   * @returns how each ended, in the order of `items`. @throws the signal's reason when it aborts
   */
  batch(items: readonly BatchItem[], options: BatchOptions = {}): Promise<readonly BatchOutcome[]> {
    const ask = this.#service.together();
    const outcomeOf = async ({ operation, key, id, ...body }: BatchItem): Promise<BatchOutcome> => {
      try {
        checkOperation(operation);
        checkKey(key);
        const own = id === undefined ? options : { ...options, id };
        return { ok: true, ...(await this.#call(operation, key, body, own, ask)) };
      } catch (error) {
        if (error instanceof SynodError) return { ok: false, error };
        throw error;
      }
    };
    return Promise.all(items.map(outcomeOf));
  }

  /**
   * Reads and writes several variables at once: all that `work` sets, or nothing, as if nobody else did anything meanwhile. It is
   * run again after a conflict. Only transactions change these variables from then on: docs/transactions.md.
   * @throws what `work` throws, and then nothing is written; TransactionConflictError `conflict`, BadRequestError,
   * UnavailableError: nothing is written; UnknownOutcomeError: all or nothing is.
   */
  transaction<Result>(work: TransactionWork<Result>, options: TransactionOptions = {}): Promise<Result> {
    const { timeoutMs = this.#timeoutMs, signal } = options;
    return transact({ registers: this, timeoutMs, signal, newId: () => this.#newId() }, work);
  }

  /**
   * The keys that begin with `prefix` and are set, in no order. One that was set before and is not deleted meanwhile is
   * listed once; one that is created or deleted meanwhile may or may not be; none is listed twice.
   * @throws BadRequestError `bad_key`; UnavailableError
   */
  list(
    prefix = '',
    { timeoutMs = this.#timeoutMs, ...options }: ListOptions = {},
  ): AsyncGenerator<ListedKey> {
    return list(this.#service, prefix, { ...options, timeoutMs });
  }

  /**
   * The states of the registers that a key, or a pattern of keys (`orders.>`, `a.*.b`), names, as they change: of each key in
   * order, none twice in a row, the last one always reached; some between may be left out. A key is told of at once, keys that
   * a wildcard stands for from the first hint on that arrives.
   * @throws BadRequestError `bad_key`; UnavailableError `overloaded` with more than 100,000 keys, `closed`
   */
  watch(pattern: string, options?: WatchOptions): AsyncGenerator<KeyState> {
    return watch(this, pattern, options);
  }

  /**
   * Hears that registers may have changed. Hints get lost and come twice; `watch` makes something reliable of them.
   * @param pattern keys, with `*` for one term and a last `>` for the rest. @returns what stops it.
   */
  hints(pattern: string, onHint: OnHint): () => void {
    checkKey(pattern.replace(/(?<=^|\.)(\*|>$)/g, 'any'));
    return this.#service.hints(pattern, onHint);
  }

  /** Disconnects. Calls under way are given up: `closed`, or unknown where a change was sent. */
  async close(): Promise<void> {
    await this.#service.close();
  }

  #call(
    type: OperationType,
    key: string,
    body: object,
    options: CallOptions = {},
    together?: Service['ask'],
  ): Promise<State<unknown>> {
    const { ended } = this.#service;
    if (ended !== undefined) throw new UnavailableError('closed', `Cannot reach '${key}': ${ended}`);
    checkFields(type, key, body);
    const isRead = type.endsWith('.read');
    const delays = together === undefined ? 0 : TOGETHER_DELAYS;
    return perform(this.#service, {
      ask: (asked, onReply) => {
        const question = { type, key, body: asked };
        return together === undefined ? this.#service.ask(question, onReply) : together(question, onReply);
      },
      patienceMs: (attempt, workMs) => this.#service.patienceMs(attempt + delays, workMs),
      what: `${type} '${key}'`,
      body: { ...body },
      id: isRead ? undefined : (options.id ?? this.#newId()),
      timeoutMs: options.timeoutMs ?? this.#timeoutMs,
      signal: options.signal,
    });
  }

  #newId(): string {
    this.#lastId += 1;
    return numberedId({ session: this.#session, number: this.#lastId });
  }
}

function lasting({ ttlMs }: WriteOptions = {}): { readonly ttlMs?: number } {
  return ttlMs === undefined ? {} : { ttlMs };
}

/** The type of a value is what the application agreed on with itself; the service only knows JSON. */
function typed<T extends Value>(state: State<unknown>): State<T> {
  return state as State<T>;
}

/** JSON would make other values of some without a word: null of NaN, a string of a Date. */
function checkFields(type: OperationType, key: string, body: object): void {
  for (const [field, candidate] of Object.entries(body)) {
    const check = checkValue(candidate);
    if (check.kind === 'value') continue;
    throw new BadRequestError('bad_value', `Cannot ${type} '${key}': the field '${field}' ${check.why}`);
  }
}

/** Other programs' lines may come here, which no compiler has seen. */
function checkOperation(operation: string): void {
  if (isOperationType(operation)) return;
  throw new BadRequestError('bad_request', `There is no operation '${operation}' for a batch`);
}

function checkKey(key: string): void {
  const problem = keyProblem(key);
  if (problem !== undefined) throw new BadRequestError('bad_key', `The key '${key}' ${problem}`);
}
