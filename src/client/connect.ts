// The client in Node: over the `nats` package.

import { connectNats, type NatsOptions, type NatsTransport } from '../transport/nats-transport.ts';
import type { Client } from './client.ts';
import { CONNECT_TIMEOUT_MS, clientOf, opened, type ServiceOptions } from './service-options.ts';

/** How a client reaches the proposers by NATS. */
export interface ConnectOptions
  extends ServiceOptions,
    Omit<Partial<NatsOptions>, 'servers' | 'onStatus' | 'onRefused'> {
  /** Tells these options from those of an embedded proposer. */
  readonly proposer?: undefined;
  /** NATS servers, tried in turn. Default `nats://127.0.0.1:4222`. */
  readonly servers?: string | readonly string[];
}

/** @throws UnavailableError `no_server` when no NATS server lets us in within `connectTimeoutMs` (default 5,000). */
export async function connectClient(options: ConnectOptions = {}): Promise<Client> {
  const { servers, ...others } = options;
  return clientOf(await openTransport(servers, { name: 'synod-client', ...others }), options);
}

/** @throws UnavailableError `no_server` */
export async function openTransport(
  servers: ConnectOptions['servers'] = 'nats://127.0.0.1:4222',
  options: Omit<NatsOptions, 'servers'>,
): Promise<NatsTransport> {
  const list = typeof servers === 'string' ? servers.split(',') : servers;
  return opened(connectNats({ connectTimeoutMs: CONNECT_TIMEOUT_MS, ...options, servers: list }));
}
