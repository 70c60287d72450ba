// The Transport over WebSockets, for browsers: the only file that knows the package `nats.ws`. What differs from the one for Node:
// the browser makes the connection, so that its certificates count and nobody sees why one fails; and it slows timers
// down in pages that nobody looks at, so that a silent server is noticed later there.

import {
  type Authenticator,
  connect,
  credsAuthenticator,
  ErrorCode,
  headers,
  NatsError,
  nkeyAuthenticator,
} from 'nats.ws';
import { type Dialing, dialOptions } from './dialer.ts';
import { ReconnectingTransport } from './reconnecting-transport.ts';
import { TransportError } from './transport.ts';

/** Who we are to a NATS server. Whatever a page knows its user can read: give each user credentials of its own. */
export interface WsIdentity {
  /** A user's name, with its password. */
  readonly user?: string | undefined;
  /** Of `user`. */
  readonly password?: string | undefined;
  /** What a server asks for that knows no users. */
  readonly token?: string | undefined;
  /** What is in a credentials file: a JWT and its seed. */
  readonly creds?: string | undefined;
  /** The seed of a user's nkey (`SU…`). */
  readonly nkey?: string | undefined;
}

export interface WsOptions
  extends WsIdentity,
    Pick<Dialing, 'servers' | 'connectTimeoutMs' | 'onStatus' | 'onRefused'> {
  /** Shown in the server's list of connections. */
  readonly name: string;
}

/** @throws TransportError when a server's URL is none of a WebSocket, or none lets us in within `connectTimeoutMs`. */
export async function connectWebSocket(options: WsOptions): Promise<ReconnectingTransport> {
  const stray = options.servers.find(server => !/^wss?:\/\/./.test(server));
  if (stray !== undefined)
    throw new TransportError(`Cannot connect to '${stray}': it must begin with ws:// or wss://`);
  const transport = new ReconnectingTransport({
    ...options,
    dial: (server, timeout) =>
      connect({
        ...dialOptions(options.name, server, timeout),
        ...identityOptions(options),
      }),
    headers,
    reasonOf,
  });
  await transport.open();
  return transport;
}

function identityOptions({ user, password, token, creds, nkey }: WsIdentity) {
  const authenticator = authenticatorOf(creds, nkey);
  return {
    ...(authenticator === undefined ? {} : { authenticator }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { pass: password }),
    ...(token === undefined ? {} : { token }),
  };
}

function authenticatorOf(creds: string | undefined, nkey: string | undefined): Authenticator | undefined {
  const utf8 = new TextEncoder();
  if (creds !== undefined) return credsAuthenticator(utf8.encode(creds));
  return nkey === undefined ? undefined : nkeyAuthenticator(utf8.encode(nkey.trim()));
}

/** Browsers tell scripts nothing of why a connection failed: the package waits, and says TIMEOUT. */
function reasonOf(failure: unknown): string {
  if (
    failure instanceof NatsError &&
    (failure.code === ErrorCode.Timeout || failure.code === ErrorCode.ConnectionRefused)
  )
    return 'there is no answer; nobody listens there, or pages from here may not connect, or its certificate is not trusted';
  return failure instanceof Error ? failure.message : String(failure);
}
