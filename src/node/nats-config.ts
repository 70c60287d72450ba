// How a process reaches NATS: servers, one kind of credentials, TLS. Turns optional settings into unions and
// tells which of them do not go together; single values were checked before (config-settings.ts).

import { flagOf } from './config-sources.ts';

export type NatsCredentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'creds'; readonly file: string }
  | { readonly kind: 'nkey'; readonly file: string };

interface NatsCertificate {
  readonly certFile: string;
  readonly keyFile: string;
}

export type NatsTls =
  /** Plain, or what a tls:// URL or the server asks for, with the system's certificates. */
  | { readonly kind: 'default' }
  | { readonly kind: 'files'; readonly caFile: string | null; readonly certificate: NatsCertificate | null };

export interface NatsConfig {
  readonly servers: readonly string[];
  readonly credentials: NatsCredentials;
  readonly tls: NatsTls;
}

/** The settings as they were checked, one by one. */
interface NatsValues {
  readonly nats: readonly string[];
  readonly natsUser?: string | undefined;
  readonly natsPassword?: string | undefined;
  readonly natsToken?: string | undefined;
  readonly natsCreds?: string | undefined;
  readonly natsNkey?: string | undefined;
  readonly natsTlsCa?: string | undefined;
  readonly natsTlsCert?: string | undefined;
  readonly natsTlsKey?: string | undefined;
}

/** Each of these says who the process is; two of them would contradict each other. */
const CREDENTIAL_KEYS = ['natsUser', 'natsToken', 'natsCreds', 'natsNkey'];
const PAIRS = [
  ['natsUser', 'natsPassword'],
  ['natsTlsCert', 'natsTlsKey'],
] as const;

export function natsConfig(values: NatsValues): NatsConfig {
  return { servers: values.nats, credentials: credentialsOf(values), tls: tlsOf(values) };
}

/** Sentences about given settings that do not go together; `given` tells whether a key was given. */
export function natsMistakes(given: (key: string) => boolean): readonly string[] {
  const mistakes: string[] = [];
  for (const [one, other] of PAIRS) {
    if (given(one) !== given(other)) {
      const [there, missing] = given(one) ? [one, other] : [other, one];
      mistakes.push(`Cannot use ${flagOf(there)} without ${flagOf(missing)}: give both or neither.`);
    }
  }
  const kinds = CREDENTIAL_KEYS.filter(given).map(flagOf);
  if (kinds.length > 1)
    mistakes.push(`Cannot use ${kinds.join(' and ')} together: give one kind of credentials.`);
  return mistakes;
}

function credentialsOf(values: NatsValues): NatsCredentials {
  const { natsUser: user, natsPassword: password, natsToken: token, natsCreds, natsNkey } = values;
  if (user !== undefined && password !== undefined) return { kind: 'password', user, password };
  if (token !== undefined) return { kind: 'token', token };
  if (natsCreds !== undefined) return { kind: 'creds', file: natsCreds };
  if (natsNkey !== undefined) return { kind: 'nkey', file: natsNkey };
  return { kind: 'none' };
}

function tlsOf(values: NatsValues): NatsTls {
  const { natsTlsCa: caFile, natsTlsCert: certFile, natsTlsKey: keyFile } = values;
  const certificate = certFile !== undefined && keyFile !== undefined ? { certFile, keyFile } : null;
  if (caFile === undefined && certificate === null) return { kind: 'default' };
  return { kind: 'files', caFile: caFile ?? null, certificate };
}
