// Asks a node how it stands.

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { STANDING_STATUSES } from '../../actors/standing.ts';
import { internalSubjects, PING_INBOX } from '../../transport/subjects.ts';
import type { Transport } from '../../transport/transport.ts';
import type { AcceptorConfig, ProposerConfig } from '../config/config.ts';
import { connectTool } from '../config/nats-options.ts';
import { NotVotingError } from '../process/fatal-error.ts';
import { SERVICE_NAME } from '../service/discovery.ts';

const ANSWER_TIMEOUT_MS = 1500;

const names = z.array(z.string());
const acceptorStatus = z.object({
  status: z.enum(STANDING_STATUSES),
  /** Why it does not vote, for one that must not. */
  why: z.string().default(''),
  /** Who has answered it, for one that asks. */
  heard: z.array(z.string()).default([]),
  /** The epoch that it is in, with the members of it; not told by one that is in none yet. */
  epoch: z
    .object({
      epoch: z.number(),
      acceptors: names,
      joint: z.object({ before: names, after: names }).optional(),
    })
    .optional(),
});
export type AcceptorStatus = z.infer<typeof acceptorStatus>;

/**
 * Resolves when the acceptor votes; rejects with a sentence when it does not answer.
 * @throws NotVotingError when it is up and does not vote.
 */
export async function pingAcceptor(config: AcceptorConfig): Promise<void> {
  const { id, cluster } = config;
  const { status, why, heard } = await connected(config.nats, async transport => {
    return statusOf(transport, { cluster, id, inbox: PING_INBOX });
  });
  if (status === 'asking') throw new NotVotingError(status, waitingText(id, heard));
  if (status === 'removed') throw new NotVotingError(status, `Acceptor '${id}' was removed: stop it`);
  if (status === 'quarantined') throw new NotVotingError(status, why);
}

/** Resolves when a proposer answers where clients ask; rejects with a sentence when none does. */
export async function pingProposer(config: ProposerConfig): Promise<void> {
  await connected(config.apiNats ?? config.nats, async transport => {
    await answerOf(transport, `$SRV.PING.${SERVICE_NAME}`, { title: 'any proposer', inbox: PING_INBOX });
  });
}

function waitingText(id: string, heard: readonly string[]): string {
  const who = heard.length === 0 ? 'nobody' : heard.join(', ');
  return `Acceptor '${id}' is up and does not vote yet: it waits for a quorum of acceptors, itself counted, and before the first start of the cluster for all of them; it has heard ${who}`;
}

interface Asked {
  readonly cluster: string;
  readonly id: string;
  /** Below which it may answer. */
  readonly inbox: string;
}

/** What the acceptor says of itself; rejects with a sentence when it does not answer. */
export async function statusOf(transport: Transport, { cluster, id, inbox }: Asked): Promise<AcceptorStatus> {
  const title = `acceptor ${id}`;
  const bytes = await answerOf(transport, internalSubjects(cluster).ping(id), { title, inbox });
  return acceptorStatus.parse(JSON.parse(new TextDecoder().decode(bytes)));
}

async function connected<Result>(
  nats: AcceptorConfig['nats'],
  ask: (transport: Transport) => Promise<Result>,
): Promise<Result> {
  const transport = await connectTool(nats, 'synod-ping');
  try {
    return await ask(transport);
  } finally {
    await transport.close();
  }
}

async function answerOf(
  transport: Transport,
  subject: string,
  { title, inbox }: { readonly title: string; readonly inbox: string },
): Promise<Uint8Array> {
  const reply = `${inbox}.${randomBytes(8).toString('hex')}`;
  const nobody = new Error(`No answer from ${title} within ${ANSWER_TIMEOUT_MS} ms`);
  return new Promise((resolve, reject) => {
    const subscription = transport.subscribe(reply, message => {
      settle(() => (message.isNoResponders ? reject(nobody) : resolve(message.bytes)));
    });
    const settle = (how: () => void): void => {
      subscription.close();
      clearTimeout(timer);
      how();
    };
    const timer = setTimeout(() => settle(() => reject(nobody)), ANSWER_TIMEOUT_MS);
    transport.publish(subject, new Uint8Array(0), { reply });
  });
}
