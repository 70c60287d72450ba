// The validated configuration of a client on the command line: flags, and the environment for how to reach NATS.

import { z } from 'zod';
import { checked } from './config-check.ts';
import { natsHelp, natsShape, type SettingHelp } from './config-settings.ts';
import { type Environment, type Flags, flagOf, gather } from './config-sources.ts';
import { subjectPrefix, text, wholeNumber } from './config-values.ts';
import { type NatsConfig, natsConfig, natsMistakes } from './nats-config.ts';

const clientShape = {
  ...natsShape,
  inboxPrefix: text.optional(),
  prefix: subjectPrefix.default('synod'),
  timeout: wholeNumber(1, 3600).default(5),
};

/** As the nats command line names them. Those of the nodes (`--nats-user`) and their variables work too. */
export const SHORT_FLAGS: Readonly<Record<string, string>> = {
  nats: '--server',
  natsUser: '--user',
  natsPassword: '--password',
  natsToken: '--token',
  natsCreds: '--creds',
  natsNkey: '--nkey',
  natsTlsCa: '--tls-ca',
  natsTlsCert: '--tls-cert',
  natsTlsKey: '--tls-key',
};

export const clientHelp: Readonly<Record<keyof typeof clientShape, SettingHelp>> = {
  ...natsHelp,
  natsUser: { argument: 'USER', help: 'user for NATS, with --password' },
  natsTlsCert: { argument: 'FILE', help: 'own certificate (PEM) for NATS, with --tls-key' },
  inboxPrefix: {
    argument: 'SUBJECT',
    help: 'what the subjects of replies begin with, where every user has its own (default _INBOX)',
  },
  prefix: { argument: 'SUBJECT', help: 'first words of the subjects of the service (default synod)' },
  timeout: {
    argument: 'SECONDS',
    help: 'how long connecting may take, and then one request with all its attempts (default 5)',
  },
};

export interface ClientConfig {
  readonly nats: NatsConfig;
  readonly inboxPrefix: string | undefined;
  readonly prefix: string;
  readonly timeoutMs: number;
}

/** @throws ConfigError with every mistake. */
export function clientConfig(flags: Flags, env: Environment): ClientConfig {
  const gathered = gather(Object.keys(clientShape), flags, env, clientFlagOf);
  const values = checked(z.object(clientShape), gathered, natsMistakes);
  const { inboxPrefix, prefix, timeout } = values;
  return { nats: natsConfig(values), inboxPrefix, prefix, timeoutMs: timeout * 1000 };
}

function clientFlagOf(key: string): string {
  return SHORT_FLAGS[key] ?? flagOf(key);
}
