// The client in browsers: over WebSockets, by the `nats.ws` package.

import { connectWebSocket, type WsOptions } from '../transport/ws-transport.ts';
import type { Client } from './client.ts';
import { CONNECT_TIMEOUT_MS, clientOf, opened, type ServiceOptions } from './service-options.ts';

/** How a page reaches the proposers by NATS. */
export interface BrowserOptions
  extends ServiceOptions,
    Omit<Partial<WsOptions>, 'servers' | 'onStatus' | 'onRefused'> {
  /** The WebSocket addresses of NATS servers, tried in turn, such as `wss://nats.example.org`. */
  readonly servers: string | readonly string[];
}

/** @throws UnavailableError `no_server` when no NATS server lets us in within `connectTimeoutMs` (default 5,000). */
export async function connectBrowser({ servers, ...options }: BrowserOptions): Promise<Client> {
  const list = typeof servers === 'string' ? servers.split(',') : servers;
  const ws = { name: 'synod-browser', connectTimeoutMs: CONNECT_TIMEOUT_MS, ...options, servers: list };
  return clientOf(await opened(connectWebSocket(ws)), options);
}
