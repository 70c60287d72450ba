// Discovery: makes the proposers a NATS micro service (`nats micro ls | info | stats`), by the service API of
// ADR-32. Written here because the package's own counts a request as processed when its handler returns, and
// ours are answered later; its figures would all be zero.

import { randomBytes } from 'node:crypto';
import type { Message, Subscription, Transport } from '../../transport/transport.ts';
import type { ServiceStats } from './service-stats.ts';

export const SERVICE_NAME = 'synod';
export const SERVICE_QUEUE = 'synod';

export interface ServiceIdentity {
  readonly prefix: string;
  readonly version: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** @returns what ends it. */
export function startDiscovery(
  transport: Transport,
  identity: ServiceIdentity,
  stats: ServiceStats,
): () => void {
  const base = {
    name: SERVICE_NAME,
    id: randomBytes(12).toString('hex'),
    version: identity.version,
    metadata: identity.metadata,
  };
  const started = new Date().toISOString();
  const bodies: Readonly<Record<string, () => object>> = {
    PING: () => ({ type: 'io.nats.micro.v1.ping_response', ...base }),
    INFO: () => ({
      type: 'io.nats.micro.v1.info_response',
      ...base,
      description: 'Small state that stays consistent: switches, write-once registers, variables',
      endpoints: endpointsOf(identity.prefix, stats).map(([endpoint]) => endpoint),
    }),
    STATS: () => ({
      type: 'io.nats.micro.v1.stats_response',
      ...base,
      started,
      endpoints: endpointStats(identity.prefix, stats),
    }),
  };
  const subscriptions: Subscription[] = [];
  for (const [verb, body] of Object.entries(bodies)) {
    const onMessage = ({ reply }: Message): void => {
      if (reply !== '') transport.publish(reply, Buffer.from(JSON.stringify(body())));
    };
    for (const scope of ['', `.${SERVICE_NAME}`, `.${SERVICE_NAME}.${base.id}`]) {
      subscriptions.push(transport.subscribe(`$SRV.${verb}${scope}`, onMessage));
    }
  }
  return () => {
    for (const subscription of subscriptions) subscription.close();
  };
}

function endpointsOf(prefix: string, stats: ServiceStats) {
  return [
    ...[...stats.entries()].map(
      ([type, counted]) => [endpoint(type, `${prefix}.${type}.>`), counted] as const,
    ),
    ...[...stats.calls()].map(([type, counted]) => [endpoint(type, `${prefix}.${type}`), counted] as const),
  ];
}

function endpoint(type: string, subject: string): object {
  return { name: type.replace('.', '-'), subject, queue_group: SERVICE_QUEUE, metadata: {} };
}

/** Times are in nanoseconds, as the service API has them. */
function endpointStats(prefix: string, stats: ServiceStats): readonly object[] {
  return endpointsOf(prefix, stats).map(([described, { requests, errors, lastError, ms }]) => ({
    ...described,
    num_requests: requests,
    num_errors: errors,
    last_error: lastError,
    processing_time: Math.round(ms.sum * 1e6),
    average_processing_time: requests === 0 ? 0 : Math.round((ms.sum * 1e6) / requests),
  }));
}
