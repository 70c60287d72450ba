// What clients ask: random calls that fit what a key is mostly used as, sometimes of a wrong kind, and with the
// versions and values that the client saw last, so that conditions hold about as often as not.

import type { Shown, SynodCall } from '../../src/history/history.ts';
import { lockIn } from '../../src/protocol/lock-changes.ts';
import type { Operation } from '../../src/protocol/operation.ts';
import { isEnvelope } from '../../src/protocol/transaction-changes.ts';
import type { Value } from '../../src/protocol/value.ts';
import type { Dice } from './dice.ts';
import type { Profile } from './plan.ts';

export interface CallContext {
  readonly dice: Dice;
  /** What this client saw of the key last. */
  readonly seen: Shown;
  /** The chance of a read. */
  readonly reads: number;
  /** A number that no other call of the run has. */
  readonly unique: () => number;
  /** How long a fleeting variable lasts. */
  readonly ttlMs: number | undefined;
}

const WRONG_KIND = 0.04;

export function randomCall(profile: Profile, context: CallContext): SynodCall {
  const { dice, seen } = context;
  if (!dice.chance(WRONG_KIND)) return usualCall(profile, context);
  const other = dice.pick(OTHERS[profile]);
  // On an unset key it would decide the kind: then only a read is wrong and harmless.
  return seen.set ? usualCall(other, context) : readCall(other);
}

const OTHERS: Readonly<Record<Profile, readonly Profile[]>> = {
  switch: ['register', 'variable'],
  register: ['switch', 'list'],
  variable: ['switch', 'register'],
  list: ['switch', 'register'],
  lock: ['switch', 'register'],
  lease: ['switch', 'register'],
  account: ['switch', 'register'],
  fleeting: ['switch', 'register'],
};

function usualCall(profile: Profile, context: CallContext): SynodCall {
  if (context.dice.chance(context.reads)) return readCall(profile);
  switch (profile) {
    case 'switch':
    case 'register':
    case 'list':
      return changeCall(profile, context);
    case 'variable':
      return variableChange(context);
    case 'lock':
      return lockChange(context);
    case 'lease':
      return leaseChange(context);
    case 'account':
      return accountChange(context);
    case 'fleeting':
      return lastingFor(context, variableChange(context));
  }
}

export function readCall(profile: Profile): SynodCall {
  switch (profile) {
    case 'switch':
      return { operation: 'switch.read' };
    case 'register':
      return { operation: 'register.read' };
    case 'variable':
    case 'list':
    case 'lock':
    case 'lease':
    case 'account':
    case 'fleeting':
      return { operation: 'variable.read' };
  }
}

/** The change that a key of this profile is there for. */
export function changeCall(profile: Profile, { unique }: Pick<CallContext, 'unique'>): SynodCall {
  switch (profile) {
    case 'switch':
      return { operation: 'switch.set' };
    case 'register':
      return { operation: 'register.write', value: unique() };
    case 'variable':
    case 'lock':
    case 'fleeting':
      return { operation: 'variable.write', value: unique() };
    case 'list':
      return { operation: 'variable.change', change: 'append', args: [unique()] };
    case 'lease':
      return acquireCall(`guest-${unique() % GUESTS}`, GUEST_MS);
    case 'account':
      return { operation: 'variable.change', change: 'transaction.open', args: [] };
  }
}

/** Never done once it is the account of transactions, which it then is for ever. */
function accountChange({ seen, unique }: CallContext): SynodCall {
  return isEnvelope(seen.value)
    ? { operation: 'variable.write', value: unique() }
    : { operation: 'variable.read' };
}

/** Who takes the lock and does nothing under it. Some have one name, so that one is granted what the other holds. */
const GUESTS = 3;
const GUEST_MS = 50;

export function acquireCall(owner: string, ttlMs: number): SynodCall {
  return { operation: 'variable.change', change: 'lock.acquire', args: [owner, { ttlMs }] };
}

/** Of a guest's grant: nobody renews or gives up what an owner holds but that owner. */
function leaseChange(context: CallContext): SynodCall {
  const { dice, seen } = context;
  const held = lockIn(seen.value)?.holders.find(({ owner }) => owner.startsWith('guest-'));
  if (dice.chance(0.4)) return changeCall('lease', context);
  const change = dice.chance(0.5) ? 'lock.renew' : 'lock.release';
  return { operation: 'variable.change', change, args: [held?.token ?? seen.version + NEVER] };
}

/** No version gets as far as that. */
const NEVER = 1_000_000;

function variableChange(context: CallContext): SynodCall {
  const { dice, seen } = context;
  const value = someValue(context);
  return dice.weighted<() => SynodCall>([
    [4, () => ({ operation: 'variable.write', value })],
    [3, () => ({ operation: 'variable.create', value })],
    [4, () => ({ operation: 'variable.cas', value, version: someVersion(context) })],
    [3, () => ({ operation: 'variable.cas', value, expect: seen.value ?? someValue(context) })],
    [2, () => ({ operation: 'variable.delete' })],
    [1, () => ({ operation: 'variable.delete', version: someVersion(context) })],
    [3, () => ({ operation: 'variable.change', change: 'add', args: [dice.whole(1, 3)] })],
    [1, () => ({ operation: 'variable.change', change: 'append', args: [value] })],
  ])();
}

/** Mostly: sometimes what has an end is made to last for ever. */
function lastingFor({ dice, ttlMs }: CallContext, call: SynodCall): SynodCall {
  switch (call.operation) {
    case 'variable.write':
    case 'variable.create':
    case 'variable.cas':
      return ttlMs !== undefined && dice.chance(0.8) ? { ...call, ttlMs } : call;
    default:
      return call;
  }
}

function lockChange({ dice, seen, unique }: CallContext): SynodCall {
  if (!seen.set || dice.chance(0.4)) return { operation: 'variable.create', value: unique() };
  if (dice.chance(0.4))
    return { operation: 'variable.cas', value: unique(), version: seen.version + dice.below(3) };
  return dice.chance(0.5)
    ? { operation: 'variable.delete' }
    : { operation: 'variable.delete', version: seen.version };
}

/** Mostly one that never was before; sometimes one that comes back, which only versions tell apart. */
function someValue({ dice, unique }: CallContext): Value {
  return dice.chance(0.7) ? unique() : dice.pick<Value>([0, 'x', null]);
}

function someVersion({ dice, seen }: CallContext): number {
  return dice.chance(0.7) ? seen.version : dice.whole(0, seen.version + 2);
}

export function isReadCall({ operation }: SynodCall): boolean {
  return operation === 'switch.read' || operation === 'register.read' || operation === 'variable.read';
}

/** A call in the words of the protocol. */
export function operationOf(call: SynodCall): Operation {
  switch (call.operation) {
    case 'switch.set':
    case 'switch.read':
    case 'register.read':
    case 'variable.read':
      return { type: call.operation };
    case 'register.write':
      return { type: call.operation, value: call.value };
    case 'variable.write':
    case 'variable.create':
      return { type: call.operation, value: call.value, ttlMs: call.ttlMs };
    case 'variable.cas': {
      const { value, version, expect = null, ttlMs } = call;
      return version === undefined
        ? { type: 'variable.cas', value, expect: { by: 'value', value: expect }, ttlMs }
        : { type: 'variable.cas', value, expect: { by: 'version', version }, ttlMs };
    }
    case 'variable.delete':
      return { type: 'variable.delete', version: call.version };
    case 'variable.change':
      return { type: 'variable.change', change: call.change, args: call.args ?? [] };
  }
}
