// Who we are to a NATS server, and whom we take for one: nkey and credentials files, TLS. Files are read at every
// connection, so that renewed ones are taken without a restart, and checked once before the first.

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import {
  type Authenticator,
  type ConnectionOptions,
  credsAuthenticator,
  nkeyAuthenticator,
  nkeys,
} from 'nats';
import { TransportError } from './transport.ts';

/** Who we are to a NATS server; without any of it, nobody in particular. */
export interface NatsIdentity {
  /** A user's name, with its password. */
  readonly user?: string | undefined;
  /** Of `user`. */
  readonly password?: string | undefined;
  /** What a server asks for that knows no users. */
  readonly token?: string | undefined;
  /** The path of a credentials file: a JWT and its seed. */
  readonly credsFile?: string | undefined;
  /** The path of a file with the seed of a user's nkey. */
  readonly nkeyFile?: string | undefined;
  /** Insists on TLS, also without any file. */
  readonly tls?: NatsTls | undefined;
}

/** Paths of PEM files. */
export interface NatsTls {
  /** The authorities that a server's certificate may be of. Default: those of Node. */
  readonly caFile?: string | undefined;
  /** Our own certificate, with its key. */
  readonly certFile?: string | undefined;
  /** The key of `certFile`. */
  readonly keyFile?: string | undefined;
}

/** What the package needs to connect to `server`. With `tls://`, or any file for TLS, it goes on with TLS or not at all. */
export function identityOptions(identity: NatsIdentity, server: string): ConnectionOptions {
  const { user, password, token, tls } = identity;
  const authenticator = fileAuthenticator(identity);
  return {
    ...(authenticator === undefined ? {} : { authenticator }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { pass: password }),
    ...(token === undefined ? {} : { token }),
    ...(tls === undefined && !server.startsWith('tls://') ? {} : { tls: tlsOptions(tls ?? {}) }),
  };
}

/** @throws TransportError that names the file that cannot be used, and why. */
export function checkIdentity({ credsFile, nkeyFile, tls = {} }: NatsIdentity): void {
  if (nkeyFile !== undefined) {
    check(nkeyFile, 'an nkey seed of a user (one line, SU…)', () => nkeys.fromSeed(seedIn(nkeyFile)));
  }
  if (credsFile !== undefined) {
    check(credsFile, 'NATS credentials (a JWT and a seed)', () =>
      credsAuthenticator(readFileSync(credsFile))('nonce'),
    );
  }
  const { caFile, certFile, keyFile } = tls;
  if (caFile !== undefined) {
    check(caFile, 'certificates in PEM', () => new X509Certificate(readFileSync(caFile)));
  }
  if (certFile !== undefined && keyFile !== undefined) {
    check(certFile, `a certificate in PEM that belongs to the key in ${keyFile}`, () =>
      createSecureContext({ cert: readFileSync(certFile), key: readFileSync(keyFile) }),
    );
  }
}

/** A fresh user: the seed is for its own eyes, the public key for the server's configuration. */
export function newNkey(): { readonly seed: string; readonly publicKey: string } {
  const pair = nkeys.createUser();
  return { seed: new TextDecoder().decode(pair.getSeed()), publicKey: pair.getPublicKey() };
}

function check(file: string, what: string, use: () => unknown): void {
  try {
    use();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TransportError(`Cannot use ${file}: it must be ${what}; ${why}`, { cause });
  }
}

function fileAuthenticator({ credsFile, nkeyFile }: NatsIdentity): Authenticator | undefined {
  if (credsFile !== undefined) return credsAuthenticator(readFileSync(credsFile));
  return nkeyFile === undefined ? undefined : nkeyAuthenticator(seedIn(nkeyFile));
}

function seedIn(file: string): Uint8Array {
  return new TextEncoder().encode(readFileSync(file, 'utf8').trim());
}

function tlsOptions({ caFile, certFile, keyFile }: NatsTls): NonNullable<ConnectionOptions['tls']> {
  return {
    ...(caFile === undefined ? {} : { caFile }),
    ...(certFile === undefined ? {} : { certFile }),
    ...(keyFile === undefined ? {} : { keyFile }),
  };
}
