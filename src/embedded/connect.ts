// Puts a client together whose proposer is in the same process: the settings, one NATS connection, the proposer.

import { systemClock } from '../actors/clock.ts';
import { Client } from '../client/client.ts';
import { openTransport } from '../client/connect.ts';
import { BadRequestError } from '../client/errors.ts';
import { TIMEOUT_MS } from '../client/service-options.ts';
import { bytesOfMb } from '../node/config/memory-bound.ts';
import { MisplacedError } from '../node/process/fatal-error.ts';
import { throttled } from '../node/process/log.ts';
import { soleFounder } from '../node/process/sole-founder.ts';
import { FIRST_EPOCH } from '../protocol/quorum.ts';
import { PAYLOAD_BYTES_MIN } from '../transport/packing.ts';
import { EmbeddedProposer } from './embedded-proposer.ts';
import { changesOf, type EmbeddedOptions, embeddedSettings } from './options.ts';

/**
 * @throws BadRequestError `bad_request` when an option is missing or cannot be used, or acceptors of two clusters of the name vote there (S6); UnavailableError `no_server`
 * when no NATS server lets us in within `connectTimeoutMs` (default 5,000).
 */
export async function connectEmbedded(options: EmbeddedOptions): Promise<Client> {
  const { cluster, acceptors, prefix, valueBytesMax, requestsMax, memoryMb, collects, asks } =
    embeddedSettings(options);
  const changes = await changesOf(options);
  const log = throttled(options.log ?? (() => undefined));
  const transport = await openTransport(options.servers, {
    name: 'synod-embedded',
    ...options,
    payloadBytesMin: PAYLOAD_BYTES_MIN,
    onStatus: status => log('nats', { status }),
    onRefused: what => log('nats_refused', { what }),
  });
  const founder = await soleFounder(transport, cluster).catch(async error => {
    await transport.close();
    throw error instanceof MisplacedError ? new BadRequestError('bad_request', error.message) : error;
  });
  const proposer = new EmbeddedProposer({
    prefix,
    configuration: { cluster, founder, epoch: FIRST_EPOCH, acceptors },
    limits: { valueBytesMax, requestsMax, memoryBytesMax: bytesOfMb(memoryMb) },
    collects,
    asks,
    changes,
    transport,
    clock: systemClock(),
    log,
  });
  return new Client(proposer, { timeoutMs: options.timeoutMs ?? TIMEOUT_MS });
}
