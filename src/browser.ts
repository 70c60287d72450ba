// The public API for browsers: the client over WebSockets, without a proposer in it.

import { type BrowserOptions, connectBrowser } from './client/browser.ts';
import type { Client } from './client/client.ts';

export * from './client/api.ts';
export type { BrowserOptions } from './client/browser.ts';
export type { WsIdentity } from './transport/ws-transport.ts';

/**
 * A client of the proposers behind NATS, in a page.
 * @throws UnavailableError `no_server` when no NATS server lets us in within `connectTimeoutMs` (default 5,000).
 */
export function connect(options: BrowserOptions): Promise<Client> {
  return connectBrowser(options);
}
