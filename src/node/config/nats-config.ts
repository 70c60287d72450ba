// How a process reaches NATS: servers, one kind of credentials, TLS. Turns optional settings into unions and
// tells which of them do not go together; single values were checked before (config-settings.ts).

import type { Gathered } from './config-sources.ts';

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

/** The settings of one connection as they were checked, one by one. */
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

/** What clients are served over, where that is a connection of its own. */
interface ApiNatsValues {
  readonly apiNats?: readonly string[] | undefined;
  readonly apiNatsUser?: string | undefined;
  readonly apiNatsPassword?: string | undefined;
  readonly apiNatsToken?: string | undefined;
  readonly apiNatsCreds?: string | undefined;
  readonly apiNatsNkey?: string | undefined;
  readonly apiNatsTlsCa?: string | undefined;
  readonly apiNatsTlsCert?: string | undefined;
  readonly apiNatsTlsKey?: string | undefined;
}

/** @returns null when nothing of it is given: then both connections are alike. What is left out is as for the other. */
export function apiNatsConfig(values: ApiNatsValues, internal: NatsConfig): NatsConfig | null {
  const own = natsConfig({
    nats: values.apiNats ?? internal.servers,
    natsUser: values.apiNatsUser,
    natsPassword: values.apiNatsPassword,
    natsToken: values.apiNatsToken,
    natsCreds: values.apiNatsCreds,
    natsNkey: values.apiNatsNkey,
    natsTlsCa: values.apiNatsTlsCa,
    natsTlsCert: values.apiNatsTlsCert,
    natsTlsKey: values.apiNatsTlsKey,
  });
  const { credentials, tls } = own;
  if (values.apiNats === undefined && credentials.kind === 'none' && tls.kind === 'default') return null;
  return {
    servers: own.servers,
    credentials: credentials.kind === 'none' ? internal.credentials : credentials,
    tls: tls.kind === 'default' ? internal.tls : tls,
  };
}

/** `natsUser` → `apiNatsUser` */
export function apiKey(key: string): string {
  return `api${key[0]?.toUpperCase()}${key.slice(1)}`;
}

/** Sentences about given settings of one connection that do not go together; `named` is what its keys are called. */
export function natsMistakes(gathered: Gathered, named = (key: string) => key): readonly string[] {
  const given = (key: string): boolean => gathered.given.has(named(key));
  const flag = (key: string): string => gathered.flagOf(named(key));
  const mistakes: string[] = [];
  for (const [one, other] of PAIRS) {
    if (given(one) !== given(other)) {
      const [there, missing] = given(one) ? [one, other] : [other, one];
      mistakes.push(`Cannot use ${flag(there)} without ${flag(missing)}: give both or neither.`);
    }
  }
  const kinds = CREDENTIAL_KEYS.filter(given).map(flag);
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
