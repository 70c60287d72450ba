// A dashboard from its configuration: connections, what watches, what serves.

import { Client } from '../client/client.ts';
import { NatsService } from '../client/nats-service.ts';
import type { DashboardConfig } from '../node/config/dashboard-config.ts';
import { connectTool } from '../node/config/nats-options.ts';
import { Inspector } from './inspector.ts';
import { serveDashboard } from './server.ts';
import { Watcher } from './watcher.ts';

interface Dashboard {
  readonly url: string;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5000;
const READ_TIMEOUT_MS = 2000;

/**
 * @param leftStopped of acceptors that ended and are not started again: why
 * @throws TransportError without NATS, StartError when the address cannot be had.
 */
export async function startDashboard(
  config: DashboardConfig,
  leftStopped: () => ReadonlyMap<string, string> = () => new Map(),
): Promise<Dashboard> {
  const { cluster, acceptors, prefix, inboxPrefix, listen: address, hosts } = config;
  const connect = (nats: DashboardConfig['nats']) => connectTool(nats, 'synod-dashboard', CONNECT_TIMEOUT_MS);
  const transport = await connect(config.nats);
  const api = await connect(config.apiNats ?? config.nats);
  const client = new Client(new NatsService(api, { prefix, inboxPrefix }), { timeoutMs: READ_TIMEOUT_MS });
  const watcher = new Watcher({ cluster, acceptors, transport, leftStopped, nowMs: () => performance.now() });
  const close = async (): Promise<void> => {
    watcher.close();
    await Promise.all([client.close(), transport.close()]);
  };
  try {
    const inspector = new Inspector({ cluster, transport, client });
    const server = await serveDashboard({ address, hosts, watcher, inspector });
    return {
      url: server.url,
      close: () => {
        server.close();
        return close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
