// The TypeScript client: switches, write-once registers and variables as objects, over the service that it is given.

import { randomBytes } from 'node:crypto';
import type { OperationType } from '../protocol/operation.ts';
import { numberedId } from '../protocol/sessions.ts';
import { checkValue, type Value } from '../protocol/value.ts';
import { connectNats, type NatsOptions, type NatsTransport } from '../transport/nats-transport.ts';
import { keyProblem } from '../transport/subjects.ts';
import { BadRequestError, UnavailableError } from './errors.ts';
import { NatsService } from './nats-service.ts';
import { perform } from './requester.ts';
import type { Service } from './service.ts';
import type { State } from './state.ts';

export interface ConnectOptions extends Omit<Partial<NatsOptions>, 'servers' | 'onStatus' | 'onRefused'> {
  /** Tells these options from those of an embedded proposer. */
  readonly proposer?: undefined;
  /** NATS servers, tried in turn. Default `nats://127.0.0.1:4222`. */
  readonly servers?: string | readonly string[];
  /** What the subjects of the service begin with. Default `synod`. */
  readonly prefix?: string;
  /** What the subjects of replies begin with, where permissions give every user its own. Default `_INBOX`. */
  readonly inboxPrefix?: string;
  /** How long one call may take with all its attempts. Default 10,000 ms. */
  readonly timeoutMs?: number;
}

export interface CallOptions {
  /** How long this call may take with all its attempts. Default: that of the client. */
  readonly timeoutMs?: number;
  /** Gives up when it aborts; the call then rejects with the signal's reason, and its outcome is unknown. */
  readonly signal?: AbortSignal;
  /** Makes a repetition of this call harmless, from any client. Default: a fresh one for each call. */
  readonly id?: string;
}

/** A switch that is turned on once and stays on. */
export interface Switch {
  /** Turns it on. @throws RefusedError `already_written` when it is on. */
  set(options?: CallOptions): Promise<void>;
  read(options?: CallOptions): Promise<boolean>;
}

/** A register that is written once and stays. */
export interface Register<T extends Value> {
  /** @throws RefusedError `already_written`, with the value in `state`. */
  write(value: T, options?: CallOptions): Promise<void>;
  read(options?: CallOptions): Promise<State<T>>;
}

/** A variable: written any number of times, compared and set, changed by named functions. */
export interface Variable<T extends Value> {
  /** The value and version, linearizable: never older than what any client was told before. */
  read(options?: CallOptions): Promise<State<T>>;
  /** Writes whatever is there. */
  write(value: T, options?: CallOptions): Promise<State<T>>;
  /** Writes if it is unset. @throws RefusedError `conflict` */
  create(value: T, options?: CallOptions): Promise<State<T>>;
  /** Writes if the version, or the value, is the expected one. @throws RefusedError `conflict` */
  cas(value: T, expected: { version: number } | { expect: T }, options?: CallOptions): Promise<State<T>>;
  /** Back to unset, if the version is the expected one. @throws RefusedError `conflict` */
  delete(options?: CallOptions & { readonly version?: number }): Promise<State<T>>;
  /** Applies a named change. @throws RefusedError `rejected`; BadRequestError `unknown_change` */
  change(change: string, args?: readonly Value[], options?: CallOptions): Promise<State<T>>;
}

export const TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5000;

/** @throws UnavailableError `no_server` when no NATS server lets us in within `connectTimeoutMs` (default 5,000). */
export async function connectClient(options: ConnectOptions = {}): Promise<Client> {
  const { servers, prefix = 'synod', timeoutMs = TIMEOUT_MS, inboxPrefix, ...nats } = options;
  const transport = await openTransport(servers, { name: 'synod-client', ...nats });
  return new Client(new NatsService(transport, { prefix, inboxPrefix }), { timeoutMs });
}

/** @throws UnavailableError `no_server` */
export async function openTransport(
  servers: ConnectOptions['servers'] = 'nats://127.0.0.1:4222',
  options: Omit<NatsOptions, 'servers'>,
): Promise<NatsTransport> {
  const list = typeof servers === 'string' ? servers.split(',') : servers;
  try {
    return await connectNats({ connectTimeoutMs: CONNECT_TIMEOUT_MS, ...options, servers: list });
  } catch (cause) {
    throw new UnavailableError('no_server', cause instanceof Error ? cause.message : String(cause), {
      cause,
    });
  }
}

export class Client {
  readonly #service: Service;
  readonly #timeoutMs: number;
  /** Request ids are this and a number: unique without asking for chance each time, and never applied twice (R4). */
  readonly #session = randomBytes(8).toString('base64url');
  #lastId = 0;

  constructor(service: Service, { timeoutMs }: { readonly timeoutMs: number }) {
    this.#service = service;
    this.#timeoutMs = timeoutMs;
  }

  /** @throws BadRequestError `bad_key` */
  switch(key: string): Switch {
    checkKey(key);
    return {
      set: async options => {
        await this.#call('switch.set', key, {}, options);
      },
      read: async options => (await this.#call('switch.read', key, {}, options)).set,
    };
  }

  /** @throws BadRequestError `bad_key` */
  register<T extends Value = Value>(key: string): Register<T> {
    checkKey(key);
    return {
      write: async (value, options) => {
        await this.#call('register.write', key, { value }, options);
      },
      read: async options => typed<T>(await this.#call('register.read', key, {}, options)),
    };
  }

  /** @throws BadRequestError `bad_key` */
  variable<T extends Value = Value>(key: string): Variable<T> {
    checkKey(key);
    const call = async (type: OperationType, body: object, options?: CallOptions): Promise<State<T>> =>
      typed<T>(await this.#call(type, key, body, options));
    return {
      read: options => call('variable.read', {}, options),
      write: (value, options) => call('variable.write', { value }, options),
      create: (value, options) => call('variable.create', { value }, options),
      cas: (value, expected, options) => call('variable.cas', { value, ...expected }, options),
      delete: ({ version, ...options } = {}) =>
        call('variable.delete', version === undefined ? {} : { version }, options),
      change: (change, args = [], options) => call('variable.change', { change, args }, options),
    };
  }

  /** Disconnects. Calls under way are given up: `closed`, or unknown where a change was sent. */
  async close(): Promise<void> {
    await this.#service.close();
  }

  #call(type: OperationType, key: string, body: object, options: CallOptions = {}): Promise<State<unknown>> {
    const { ended } = this.#service;
    if (ended !== undefined) throw new UnavailableError('closed', `Cannot reach '${key}': ${ended}`);
    checkFields(type, key, body);
    const isRead = type.endsWith('.read');
    return perform(this.#service, {
      type,
      key,
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

function checkKey(key: string): void {
  const problem = keyProblem(key);
  if (problem !== undefined) throw new BadRequestError('bad_key', `The key '${key}' ${problem}`);
}
