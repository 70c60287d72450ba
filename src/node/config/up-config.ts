// The configuration of a local cluster: `synod up`. Flags only, and NATS_URL (or SYNOD_NATS) as for every node;
// the environment's other settings reach the nodes themselves, which inherit it.

import { resolve } from 'node:path';
import { z } from 'zod';
import { acceptorConfig, proposerConfig } from './config.ts';
import { checked } from './config-check.ts';
import { type Environment, type Flags, flagOf, type Gathered, gather, variableOf } from './config-sources.ts';
import { natsUrls, text, webOrigins, wholeNumber } from './config-values.ts';

/** One machine has no use for more. */
const PROCESSES_MAX = 32;

const upShape = {
  data: text.default('.synod'),
  nats: natsUrls.optional(),
  natsPort: wholeNumber(0, 65_535).default(4222),
  natsMonitorPort: wholeNumber(0, 65_535).optional(),
  natsWebsocketPort: wholeNumber(0, 65_535).optional(),
  natsWebsocketOrigins: webOrigins.optional(),
  dashboardPort: wholeNumber(0, 65_535).optional(),
  acceptors: wholeNumber(1, PROCESSES_MAX).default(3),
  proposers: wholeNumber(1, PROCESSES_MAX).default(2),
};

/** For pages: a port, and where they must have been loaded from. */
interface WebsocketChoice {
  readonly port: number;
  readonly origins: readonly string[];
}

type NatsChoice =
  | {
      readonly kind: 'own';
      readonly port: number;
      readonly monitorPort: number | null;
      readonly websocket?: WebsocketChoice;
    }
  | { readonly kind: 'running'; readonly urls: readonly string[] };

export interface UpConfig {
  /** Absolute. */
  readonly directory: string;
  readonly nats: NatsChoice;
  readonly cluster: string;
  readonly prefix: string;
  /** The path of changes of the user's own, which every proposer loads; null for none. */
  readonly changes: string | null;
  readonly acceptors: readonly string[];
  readonly proposers: readonly string[];
  /** Of the dashboard, on loopback; null: the usual one, or any that is free. */
  readonly dashboardPort: number | null;
}

/** Given to every node by its own flags; of the environment they would only get in the way. */
const OWN_VARIABLES: ReadonlySet<string> = new Set(
  ['config', 'id', 'name', 'data', 'acceptors', 'nats', 'apiNats', 'http'].map(variableOf).concat('NATS_URL'),
);

/** The environment for the nodes of a local cluster. */
export function nodeEnvironment(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !OWN_VARIABLES.has(name)));
}

/** @throws ConfigError with every mistake. */
export function upConfig(flags: Flags, env: Environment): UpConfig {
  const { NATS_URL, SYNOD_NATS } = env;
  // A port on the command line means a server of one's own, whatever the environment says.
  const isOwn = OWN_SERVER.some(key => flags[key] !== undefined);
  const natsEnv = isOwn ? {} : { NATS_URL, SYNOD_NATS };
  const given = gather(Object.keys(upShape), flags, natsEnv);
  const values = checked(z.object(upShape), given, contradictions);
  const { data, nats, natsPort, natsMonitorPort, acceptors, proposers, dashboardPort = null } = values;
  const { natsWebsocketPort, natsWebsocketOrigins } = values;
  // The nodes' own settings are looked at before anything is started, rather than five times after.
  const nodesEnv = nodeEnvironment(env);
  const { cluster, prefix, changes } = proposerConfig({}, nodesEnv);
  acceptorConfig({ id: 'a1', data }, nodesEnv);
  return {
    directory: resolve(data),
    nats:
      nats === undefined
        ? {
            kind: 'own',
            port: natsPort,
            monitorPort: natsMonitorPort ?? null,
            ...(natsWebsocketPort === undefined || natsWebsocketOrigins === undefined
              ? {}
              : { websocket: { port: natsWebsocketPort, origins: natsWebsocketOrigins } }),
          }
        : { kind: 'running', urls: nats },
    cluster,
    prefix,
    changes,
    acceptors: numbered('a', acceptors),
    proposers: numbered('p', proposers),
    dashboardPort,
  };
}

/** Of a server of one's own. */
const OWN_SERVER = ['natsPort', 'natsMonitorPort', 'natsWebsocketPort', 'natsWebsocketOrigins'];

function contradictions({ given }: Gathered): readonly string[] {
  if (given.has('natsWebsocketPort') !== given.has('natsWebsocketOrigins')) {
    const why = 'any page that a browser on this machine shows could write to the cluster otherwise';
    return [
      `Give --nats-websocket-port and --nats-websocket-origins together, where pages are loaded from: ${why}.`,
    ];
  }
  if (!given.has('nats')) return [];
  return OWN_SERVER.filter(key => given.has(key)).map(
    key =>
      `Cannot use --nats and ${flagOf(key)} together: give the URL of a server that runs, or the port of a new one.`,
  );
}

function numbered(letter: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);
}
