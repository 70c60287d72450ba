// The public API.

import type { Client } from './client/client.ts';
import { type ConnectOptions, connectClient } from './client/connect.ts';
import { BadRequestError } from './client/errors.ts';
import type { EmbeddedOptions } from './embedded/options.ts';

export * from './client/api.ts';
export type { ConnectOptions } from './client/connect.ts';
export type { EmbeddedOptions } from './embedded/options.ts';
export {
  type ArgsSchema,
  type ChangeDefinition,
  type Checked,
  defineChange,
  type Issue,
  type PathSegment,
} from './node/changes/define-change.ts';
export type { Log } from './node/process/log.ts';
export type { Occasion } from './protocol/changes.ts';
export type { NatsTls } from './transport/nats-identity.ts';

/**
 * A client of the proposers behind NATS, or with `proposer: 'embedded'` of one in this process.
 * @throws UnavailableError `no_server` when no NATS server lets us in within `connectTimeoutMs` (default 5,000);
 * BadRequestError `bad_request` when an option of an embedded proposer is missing or cannot be used, or acceptors of two clusters of
 * the name vote there.
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
