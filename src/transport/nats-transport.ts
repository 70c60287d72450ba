// The Transport over NATS for Node. This file and nats-identity.ts alone know the `nats` package.

import { connect, headers, NatsError } from 'nats';
import { type Dialing, dialOptions } from './dialer.ts';
import { checkIdentity, identityOptions, type NatsIdentity } from './nats-identity.ts';
import { ReconnectingTransport } from './reconnecting-transport.ts';

export interface NatsOptions
  extends NatsIdentity,
    Pick<Dialing, 'servers' | 'connectTimeoutMs' | 'signal' | 'onStatus' | 'onRefused'> {
  /** Tried in turn, e.g. `nats://127.0.0.1:4222`, or `tls://…` to insist on TLS. */
  readonly servers: readonly string[];
  /** Shown in the server's list of connections. */
  readonly name: string;
}

export type NatsTransport = ReconnectingTransport;

/** @throws TransportError when a file cannot be used, or no server lets us in within `connectTimeoutMs` or
 * before `signal` is aborted. */
export async function connectNats(options: NatsOptions): Promise<NatsTransport> {
  checkIdentity(options);
  const transport = new ReconnectingTransport({
    ...options,
    dial: (server, timeout) =>
      connect({
        ...dialOptions(options.name, server, timeout),
        ...identityOptions(options, server),
      }),
    headers,
    reasonOf,
  });
  await transport.open();
  return transport;
}

/** The package often says no more than a code, and hides what it got from the system behind it. */
function reasonOf(failure: unknown): string {
  if (!(failure instanceof NatsError)) return failure instanceof Error ? failure.message : String(failure);
  const inner = failure.chainedError?.message ?? '';
  return inner === '' || inner === failure.message ? failure.message : `${failure.message} (${inner})`;
}
