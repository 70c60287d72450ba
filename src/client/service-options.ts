// What clients have in common, however they reach NATS.

import type { Transport } from '../transport/transport.ts';
import { Client } from './client.ts';
import { UnavailableError } from './errors.ts';
import { NatsService } from './nats-service.ts';

/** How the service is asked. */
export interface ServiceOptions {
  /** What the subjects of the service begin with. Default `synod`. */
  readonly prefix?: string;
  /** What the subjects of replies begin with, where permissions give every user its own. Default `_INBOX`. */
  readonly inboxPrefix?: string;
  /**
   * The W3C `traceparent` of the caller, asked for before each attempt: proposers name it when the request was slow, and pass
   * it on with the hint of the change. With OpenTelemetry: what `propagation.inject` makes of the active context.
   */
  readonly traceparent?: () => string | undefined;
  /** How long one call may take with all its attempts, in ms. Default 10,000. */
  readonly timeoutMs?: number;
}

export const TIMEOUT_MS = 10_000;
export const CONNECT_TIMEOUT_MS = 5000;

export function clientOf(transport: Transport, options: ServiceOptions): Client {
  const { prefix = 'synod', timeoutMs = TIMEOUT_MS, inboxPrefix, traceparent } = options;
  return new Client(new NatsService(transport, { prefix, inboxPrefix, traceparent }), { timeoutMs });
}

/** @throws UnavailableError `no_server` */
export async function opened<Opened>(opening: Promise<Opened>): Promise<Opened> {
  try {
    return await opening;
  } catch (cause) {
    throw new UnavailableError('no_server', cause instanceof Error ? cause.message : String(cause), {
      cause,
    });
  }
}
