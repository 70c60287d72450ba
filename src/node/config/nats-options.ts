// From a node's configuration to the options of its NATS connection, and from a tool's to the connection itself.

import { connectNats, type NatsOptions, type NatsTransport } from '../../transport/nats-transport.ts';
import { PAYLOAD_BYTES_MIN } from '../../transport/packing.ts';
import { type Log, throttled } from '../process/log.ts';
import type { NatsConfig, NatsCredentials, NatsTls } from './nats-config.ts';

const CONNECT_TIMEOUT_MS = 2000;

/** Without a time limit: a node waits for its NATS servers, in whatever order things are started. */
export function natsOptions(config: NatsConfig, name: string, log: Log): NatsOptions {
  const often = throttled(log);
  return {
    servers: beginningAnywhere(config.servers),
    name,
    onStatus: status => log('nats', { status }),
    onRefused: what => often('nats_refused', { what }),
    ...credentials(config.credentials),
    ...tls(config.tls),
  };
}

/** The same for what proposers and acceptors say to each other. */
export function internalNatsOptions(config: NatsConfig, name: string, log: Log): NatsOptions {
  return { ...natsOptions(config, name, log), payloadBytesMin: PAYLOAD_BYTES_MIN };
}

/** For whoever sits before it, who is told soon that there is no NATS, and of nothing else. @throws TransportError. */
export function connectTool(
  config: NatsConfig,
  name: string,
  connectTimeoutMs = CONNECT_TIMEOUT_MS,
): Promise<NatsTransport> {
  return connectNats({ ...natsOptions(config, name, () => undefined), connectTimeoutMs });
}

/** The same order from another server on: nodes that were told the same are spread over all, and one server holds not all. */
function beginningAnywhere(servers: readonly string[]): readonly string[] {
  const first = Math.floor(Math.random() * servers.length);
  return [...servers.slice(first), ...servers.slice(0, first)];
}

function credentials(config: NatsCredentials): Partial<NatsOptions> {
  switch (config.kind) {
    case 'none':
      return {};
    case 'password':
      return { user: config.user, password: config.password };
    case 'token':
      return { token: config.token };
    case 'creds':
      return { credsFile: config.file };
    case 'nkey':
      return { nkeyFile: config.file };
  }
}

function tls(config: NatsTls): Partial<NatsOptions> {
  if (config.kind === 'default') return {};
  const { caFile, certificate } = config;
  return {
    tls: { caFile: caFile ?? undefined, certFile: certificate?.certFile, keyFile: certificate?.keyFile },
  };
}
