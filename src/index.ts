// The public API.

import { type Client, type ConnectOptions, connectClient } from './client/client.ts';
import { BadRequestError } from './client/errors.ts';
import type { EmbeddedOptions } from './embedded/options.ts';

export type { Client, ConnectOptions } from './client/client.ts';
export {
  BadRequestError,
  type ClientErrorCode,
  LeaseLostError,
  RefusedError,
  SynodError,
  UnavailableError,
  UnknownOutcomeError,
} from './client/errors.ts';
export type { ListOptions } from './client/list.ts';
export type { Barrier, WaitOptions } from './client/recipes/barrier.ts';
export type { Counter, Ids } from './client/recipes/counter.ts';
export type { Election, Leader } from './client/recipes/election.ts';
export type { Lease } from './client/recipes/lease.ts';
export type { Lock } from './client/recipes/lock.ts';
export type { OnceOptions } from './client/recipes/once.ts';
export type { AcquireOptions, LeaseOptions, Semaphore } from './client/recipes/semaphore.ts';
export type { CallOptions, Register, Registers, Switch, Variable, WriteOptions } from './client/registers.ts';
export type { Hint, OnHint } from './client/service.ts';
export type { State } from './client/state.ts';
export type { KeyState, WatchOptions } from './client/watch.ts';
export type { EmbeddedOptions } from './embedded/options.ts';
export {
  type ArgsSchema,
  type ChangeDefinition,
  type Checked,
  defineChange,
  type Issue,
  type PathSegment,
} from './node/define-change.ts';
export type { Log } from './node/log.ts';
export type { Occasion } from './protocol/changes.ts';
export type { Holder } from './protocol/lock-changes.ts';
export type { Kind } from './protocol/state.ts';
export type { Value } from './protocol/value.ts';
export type { ListedKey } from './transport/list-codec.ts';
export type { NatsTls } from './transport/nats-identity.ts';
export type { ErrorCode } from './transport/service-errors.ts';

/**
 * A client of the proposers behind NATS, or with `proposer: 'embedded'` of one in this process.
 * @throws UnavailableError `no_server` when no NATS server lets us in within `connectTimeoutMs` (default 5,000);
 * BadRequestError `bad_request` when an option of an embedded proposer is missing or cannot be used.
 */
export async function connect(options: ConnectOptions | EmbeddedOptions = {}): Promise<Client> {
  if (options.proposer === undefined) return connectClient(options);
  if (options.proposer !== 'embedded') {
    const { proposer } = options satisfies never;
    throw new BadRequestError('bad_request', `Cannot connect to the proposer '${proposer}', only 'embedded'`);
  }
  // Loaded when it is asked for: other clients need no proposer.
  const { connectEmbedded } = await import('./embedded/connect.ts');
  return connectEmbedded(options);
}
