// The Transport over NATS for Node. This file and nats-identity.ts alone know the `nats` package.

import { connect, headers, NatsError } from 'nats';
import type { BlockWriter, Connection } from './connection.ts';
import { type Dialing, dialOptions } from './dialer.ts';
import { checkIdentity, identityOptions, type NatsIdentity } from './nats-identity.ts';
import { publishBlock } from './publish-block.ts';
import { ReconnectingTransport } from './reconnecting-transport.ts';

export interface NatsOptions
  extends NatsIdentity,
    Pick<Dialing, 'servers' | 'payloadBytesMin' | 'connectTimeoutMs' | 'signal' | 'onStatus' | 'onRefused'> {
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
    blockWriter,
    reasonOf,
  });
  await transport.open();
  return transport;
}

/** By what the package does not show (seen in 2.29): where it is not found, messages are published one by one. */
function blockWriter(connection: Connection): BlockWriter | undefined {
  const protocol: unknown = Reflect.get(connection, 'protocol');
  if (typeof protocol !== 'object' || protocol === null) return undefined;
  const send: unknown = Reflect.get(protocol, 'sendCommand');
  if (typeof send !== 'function') return undefined;
  return (subjects, bytes, headers) => {
    if (subjects.length > 0) send.call(protocol, publishBlock(subjects, bytes, headers));
  };
}

/** The package often says no more than a code, and hides what it got from the system behind it. */
function reasonOf(failure: unknown): string {
  if (!(failure instanceof NatsError)) return failure instanceof Error ? failure.message : String(failure);
  const inner = failure.chainedError?.message ?? '';
  return inner === '' || inner === failure.message ? failure.message : `${failure.message} (${inner})`;
}
