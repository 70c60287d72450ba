// The workloads: what each client asks, request by request. A session is one client; it has one operation under
// way, which takes one request or several, and says how it ended. Knows nothing of time.

import { randomSource } from '../actors/random.ts';
import { parseReply } from '../client/reply.ts';
import type { Message } from '../transport/transport.ts';
import { casFamily, counters, type Filling, registers, values, versioned } from './fillings.ts';
import { outcomeOf } from './outcome.ts';
import { ask, jsonBody, NO_BODY, type StepPlan, subjectOf, textOf } from './place.ts';
import type { Ask } from './requests.ts';

export interface Session<Request = Ask, Reply = Message> {
  /** The first request of the next operation. */
  begin(): Request;
  /** Another request of the same operation, or the word for how it ended. `reply` is undefined for silence. */
  proceed(reply: Reply | undefined): Request | string;
}

export interface Workload {
  readonly help: string;
  readonly fillings: readonly ((plan: StepPlan) => Filling)[];
  /** @param client from 0 to `plan.clients - 1` */
  session(plan: StepPlan, client: number): Session;
}

export const WORKLOADS: Readonly<Record<string, Workload>> = {
  create: {
    help: 'writes write-once registers, each key new',
    fillings: [],
    session: creating,
  },
  read: {
    help: 'reads variables that were written',
    fillings: [values],
    session: (plan, client) => reading(plan, client, { operation: 'variable.read', family: 'v' }),
  },
  'read-chosen': {
    help: 'reads write-once registers that were written',
    fillings: [registers],
    session: (plan, client) => reading(plan, client, { operation: 'register.read', family: 'r' }),
  },
  write: {
    help: 'overwrites variables',
    fillings: [values],
    session: writing,
  },
  cas: {
    help: 'compare-and-set by version; every client has variables of its own',
    fillings: [versioned],
    session: comparing,
  },
  change: {
    help: 'the named change add, over all counters',
    fillings: [counters],
    session: (plan, client) => {
      const key = randomKey(plan, client);
      return adding(() => subjectOf(plan, 'variable.change', 'n', key()));
    },
  },
  hot: {
    help: 'the named change add, all clients on one counter',
    fillings: [],
    session: plan => {
      const subject = subjectOf(plan, 'variable.change', 'hot', plan.step);
      return adding(() => subject);
    },
  },
  contended: {
    help: 'read, then compare-and-set, all clients on one variable; who comes too late is a conflict',
    fillings: [],
    session: contending,
  },
  mixed: {
    help: 'of ten operations 7 read, 2 write and 1 adds',
    fillings: [values, counters],
    session: mixing,
  },
};

/** @throws Error when there is none of that name. */
export function workloadNamed(name: string): Workload {
  const workload = WORKLOADS[name];
  if (workload === undefined) throw new Error(`There is no workload ${name}`);
  return workload;
}

/** More than there are clients. */
const SEEDS_A_STEP = 0x10000;

/** Less than what is around the value in a reply, more than a whole reply without one. */
const FRAME_BYTES = 40;

function creating(plan: StepPlan, client: number): Session {
  const bytes = jsonBody({ value: textOf(plan) });
  const family = `w${plan.step}`;
  let created = 0;
  return {
    begin: () => {
      created += 1;
      return ask(subjectOf(plan, 'register.write', family, `${client}-${created}`), bytes);
    },
    proceed: outcomeOf,
  };
}

function reading(
  plan: StepPlan,
  client: number,
  { operation, family }: { readonly operation: string; readonly family: string },
): Session {
  const key = randomKey(plan, client);
  return {
    begin: () => ask(subjectOf(plan, operation, family, key()), NO_BODY),
    proceed: reply => {
      const outcome = outcomeOf(reply);
      return outcome === 'ok' && findsNothing(reply, plan) ? 'unset' : outcome;
    },
  };
}

/** A read that finds nothing measures nothing. Only a reply that is too short to hold the value is looked into. */
function findsNothing(reply: Message | undefined, { valueBytes }: StepPlan): boolean {
  if (reply === undefined || reply.bytes.length > valueBytes + FRAME_BYTES) return false;
  const parsed = parseReply(reply);
  return parsed.kind === 'ok' && !parsed.state.set;
}

function writing(plan: StepPlan, client: number): Session {
  const key = randomKey(plan, client);
  const bytes = jsonBody({ value: textOf(plan) });
  return { begin: () => ask(subjectOf(plan, 'variable.write', 'v', key()), bytes), proceed: outcomeOf };
}

function adding(subject: () => string): Session {
  const bytes = jsonBody({ change: 'add', args: [1] });
  return { begin: () => ask(subject(), bytes), proceed: outcomeOf };
}

/** Each client goes round its own variables and remembers their versions; a conflict teaches it the right one. */
function comparing(plan: StepPlan, client: number): Session {
  const own = Math.max(1, Math.floor(plan.keys / plan.clients));
  const versions = new Array<number>(own).fill(1);
  const bodyAt = casBody(plan);
  let turn = -1;
  return {
    begin: () => {
      turn = (turn + 1) % own;
      const subject = subjectOf(plan, 'variable.cas', casFamily(plan), client + turn * plan.clients);
      return ask(subject, bodyAt(versions[turn] ?? 0));
    },
    proceed: reply => {
      versions[turn] = versionIn(reply) ?? versions[turn] ?? 0;
      return outcomeOf(reply);
    },
  };
}

function contending(plan: StepPlan): Session {
  const family = 'contended';
  const read = ask(subjectOf(plan, 'variable.read', family, plan.step), NO_BODY);
  const subject = subjectOf(plan, 'variable.cas', family, plan.step);
  const bodyAt = casBody(plan);
  let isReading = false;
  return {
    begin: () => {
      isReading = true;
      return read;
    },
    proceed: reply => {
      const version = isReading ? versionIn(reply) : undefined;
      isReading = false;
      return version === undefined ? outcomeOf(reply) : ask(subject, bodyAt(version));
    },
  };
}

/** Different clients are at different places of the ten. */
function mixing(plan: StepPlan, client: number): Session {
  const reader = reading(plan, client, { operation: 'variable.read', family: 'v' });
  const writer = writing(plan, client);
  const key = randomKey(plan, client);
  const adder = adding(() => subjectOf(plan, 'variable.change', 'n', key()));
  let turn = client;
  let current = reader;
  return {
    begin: () => {
      turn += 1;
      const place = turn % 10;
      current = place === 0 ? adder : place === 3 || place === 6 ? writer : reader;
      return current.begin();
    },
    proceed: reply => current.proceed(reply),
  };
}

/** The value is encoded once; the version is put behind it. */
function casBody(plan: StepPlan): (version: number) => Uint8Array {
  const start = `{"value":${JSON.stringify(textOf(plan))},"version":`;
  return version => Buffer.from(`${start}${version}}`);
}

/** Undefined when the reply tells none. */
function versionIn(reply: Message | undefined): number | undefined {
  if (reply === undefined) return undefined;
  const parsed = parseReply(reply);
  const isTold = parsed.kind === 'ok' || (parsed.kind === 'error' && parsed.code === 'conflict');
  return isTold ? parsed.state.version : undefined;
}

/**
 * Any key, each as likely, in an order that is the client's own and the same in every run; another one in each step, or a
 * step would ask for what the one before has left in every memory.
 */
function randomKey({ keys, step }: StepPlan, client: number): () => number {
  const random = randomSource(step * SEEDS_A_STEP + client);
  return () => Math.floor(random() * keys);
}
