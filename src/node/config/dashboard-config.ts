// The validated configuration of a dashboard.

import { z } from 'zod';
import type { ListenAddress } from '../process/http-server.ts';
import type { ClusterConfig } from './config.ts';
import { checked } from './config-check.ts';
import {
  acceptorShape,
  apiNatsShape,
  clusterHelp,
  clusterShape,
  proposerHelp,
  proposerShape,
  type SettingHelp,
} from './config-settings.ts';
import { type Environment, type Flags, type Gathered, gather } from './config-sources.ts';
import { commaList, listenAddress, text } from './config-values.ts';
import { apiKey, apiNatsConfig, type NatsConfig, natsConfig, natsMistakes } from './nats-config.ts';

export const DASHBOARD_PORT = 4280;

const ownShape = {
  listen: listenAddress.default({ host: '127.0.0.1', port: DASHBOARD_PORT }),
  hosts: commaList(z.array(text)).default([]),
  inboxPrefix: text.default('_INBOX'),
};
const dashboardShape = { ...ownShape, prefix: proposerShape.prefix, ...clusterShape, ...apiNatsShape };

const { prefix, ...otherHelp } = proposerHelp;
const apiHelp = Object.fromEntries(
  Object.entries(otherHelp).filter(([key]) => Object.hasOwn(apiNatsShape, key)),
);

export const dashboardHelp: Readonly<Record<string, SettingHelp>> = {
  listen: {
    argument: 'HOST:PORT',
    help: `where to serve it; PORT alone is on loopback (default ${DASHBOARD_PORT})`,
  },
  hosts: {
    argument: 'NAMES',
    help: 'names that it is asked for by, where that is not localhost and no address: others are refused, so that no page of the web reaches it under a name of its own',
  },
  prefix,
  inboxPrefix: {
    argument: 'SUBJECT',
    help: 'what the subjects of replies to its reads begin with, where every user has its own (default _INBOX)',
  },
  ...clusterHelp,
  ...apiHelp,
};

export interface DashboardConfig extends ClusterConfig {
  readonly listen: ListenAddress;
  readonly hosts: readonly string[];
  readonly prefix: string;
  /** Of replies to its reads. */
  readonly inboxPrefix: string;
  /** What registers are read over; null: `nats`. */
  readonly apiNats: NatsConfig | null;
}

/** Takes the file of a node as well: what it says of the node itself does not matter. @throws ConfigError with every mistake. */
export function dashboardConfig(flags: Flags, env: Environment): DashboardConfig {
  const keys = new Set(Object.keys({ ...acceptorShape, ...proposerShape, ...ownShape }));
  const values = checked(z.object(dashboardShape), gather([...keys], flags, env), mistakes);
  const { listen, hosts, prefix, inboxPrefix, cluster, acceptors } = values;
  const nats = natsConfig(values);
  const apiNats = apiNatsConfig(values, nats);
  return { listen, hosts, prefix, inboxPrefix, cluster, acceptors, nats, apiNats };
}

function mistakes(gathered: Gathered): readonly string[] {
  return [...natsMistakes(gathered), ...natsMistakes(gathered, apiKey)];
}
