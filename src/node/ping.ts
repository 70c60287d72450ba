// Asks a node whether it serves.

import { randomBytes } from 'node:crypto';
import { connectNats } from '../transport/nats-transport.ts';
import { internalSubjects, PING_INBOX } from '../transport/subjects.ts';
import type { AcceptorConfig, ProposerConfig } from './config.ts';
import { SERVICE_NAME } from './discovery.ts';
import type { NatsConfig } from './nats-config.ts';
import { natsOptions } from './nats-options.ts';

const CONNECT_TIMEOUT_MS = 2000;
const ANSWER_TIMEOUT_MS = 1500;

/** Resolves when the node of this configuration answers over NATS; rejects with a sentence when it does not. */
export async function ping(config: AcceptorConfig | ProposerConfig): Promise<void> {
  const options = natsOptions(natsOf(config), 'synod-ping', () => undefined);
  const transport = await connectNats({ ...options, connectTimeoutMs: CONNECT_TIMEOUT_MS });
  try {
    await new Promise<void>((resolve, reject) => {
      const inbox = `${PING_INBOX}.${randomBytes(8).toString('hex')}`;
      const nobody = new Error(`No answer from ${titleOf(config)} within ${ANSWER_TIMEOUT_MS} ms`);
      transport.subscribe(inbox, message => (message.isNoResponders ? reject(nobody) : resolve()));
      transport.publish(subjectOf(config), new Uint8Array(0), { reply: inbox });
      setTimeout(() => reject(nobody), ANSWER_TIMEOUT_MS).unref();
    });
  } finally {
    await transport.close();
  }
}

/** The proposers are asked where clients ask them. */
function natsOf(config: AcceptorConfig | ProposerConfig): NatsConfig {
  return config.kind === 'proposer' && config.apiNats !== null ? config.apiNats : config.nats;
}

function subjectOf(config: AcceptorConfig | ProposerConfig): string {
  if (config.kind === 'proposer') return `$SRV.PING.${SERVICE_NAME}`;
  return internalSubjects(config.cluster).ping(config.id);
}

function titleOf(config: AcceptorConfig | ProposerConfig): string {
  return config.kind === 'proposer' ? 'any proposer' : `acceptor ${config.id}`;
}
