// What an acceptor's messages told others of its slots, out of what it wrote to its socket.

import type { Slot } from '../../src/protocol/acceptor.ts';
import { type Ballot, compareBallots, maxBallot, ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import { decodeReplies } from '../../src/transport/message-codec.ts';
import { internalSubjects } from '../../src/transport/subjects.ts';
import type { Call } from './calls.ts';

/** A reply commits the acceptor to a slot: to at least this promise, and to this acceptance or a later one. */
export interface Vote {
  readonly key: string;
  readonly promised: Ballot;
  readonly accepted: Ballot;
  /** Undefined where the reply does not say. */
  readonly value: Uint8Array | undefined;
  /** When the socket write began that carries the start of the message. */
  readonly sentAt: number;
  readonly kind: Reply['kind'];
}

/** The accept that a proposer sent, if it did: an `accepted` says neither the value nor what was promised next. */
export type SentAccept = (
  proposer: string,
  key: string,
  counter: number,
) => Extract<Command, { kind: 'accept' }> | undefined;

/** @throws Error when the acceptor sent bytes that are no reply. */
export function votesOf(
  calls: readonly Call[],
  configuration: Configuration,
  sentAccept: SentAccept,
): readonly Vote[] {
  const votes: Vote[] = [];
  const subject = internalSubjects(configuration.cluster).proposer('');
  for (const { to, payload, sentAt } of published(calls)) {
    if (!to.startsWith(subject)) continue;
    const decoded = decodeReplies(configuration, payload);
    if (decoded.kind === 'refused') throw new Error(`Cannot decode a message to ${to}: ${decoded.why}`);
    const { recipient, items } = decoded.envelope;
    for (const reply of items) {
      const told = toldBy(reply, recipient, sentAccept);
      if (told !== undefined) votes.push({ ...told, key: reply.key, kind: reply.kind, sentAt });
    }
  }
  return votes;
}

/** Whether an acceptor with this slot stands by the vote. */
export function standsBy(slot: Slot | undefined, vote: Omit<Vote, 'sentAt' | 'kind'>): boolean {
  if (slot === undefined) return false;
  const order = compareBallots(slot.accepted, vote.accepted);
  if (order < 0 || compareBallots(maxBallot(slot.promised, slot.accepted), vote.promised) < 0) return false;
  return order > 0 || vote.value === undefined || Buffer.compare(slot.value, vote.value) === 0;
}

function toldBy(
  reply: Reply,
  proposer: string,
  sentAccept: SentAccept,
): Pick<Vote, 'promised' | 'accepted' | 'value'> | undefined {
  switch (reply.kind) {
    case 'promised':
      return {
        promised: { counter: reply.counter, proposer },
        accepted: reply.accepted,
        value: reply.value,
      };
    case 'accepted': {
      const command = sentAccept(proposer, reply.key, reply.counter);
      if (command === undefined) throw new Error(`Nobody asked to accept ${reply.counter} of '${reply.key}'`);
      return { promised: command.next, accepted: command.ballot, value: command.value };
    }
    case 'conflict':
      return { promised: reply.seen, accepted: ZERO_BALLOT, value: undefined };
    case 'report':
      if (reply.accepted.counter === 0) return undefined;
      return { promised: reply.accepted, accepted: reply.accepted, value: reply.value };
    case 'copied':
      return { promised: reply.accepted, accepted: reply.accepted, value: undefined };
    case 'floored':
      return { promised: { counter: reply.counter, proposer }, accepted: ZERO_BALLOT, value: undefined };
    case 'full':
    case 'closed':
    case 'collected':
      return undefined;
  }
}

interface Published {
  readonly to: string;
  readonly payload: Buffer;
  readonly sentAt: number;
}

/** The messages in the bytes of every connection: `PUB <subject> <bytes>\r\n<payload>\r\n` among other lines. */
function published(calls: readonly Call[]): readonly Published[] {
  const connections = new Map<string, Call[]>();
  for (const call of calls) {
    if (call.kind !== 'send') continue;
    const own = connections.get(call.path) ?? [];
    connections.set(call.path, own);
    own.push(call);
  }
  return [...connections.values()].flatMap(messagesOf).sort((a, b) => a.sentAt - b.sentAt);
}

function messagesOf(sends: readonly Call[]): readonly Published[] {
  const bytes = Buffer.concat(sends.map(call => (call.kind === 'send' ? call.bytes : Buffer.alloc(0))));
  const starts: { readonly at: number; readonly sentAt: number }[] = [];
  let length = 0;
  for (const call of sends) {
    starts.push({ at: length, sentAt: call.start });
    length += call.kind === 'send' ? call.bytes.length : 0;
  }
  const messages: Published[] = [];
  let send = 0;
  for (let at = 0; at < bytes.length; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) break;
    while ((starts[send + 1]?.at ?? Number.POSITIVE_INFINITY) <= at) send += 1;
    const [verb, to = '', ...sizes] = bytes.toString('latin1', at, lineEnd).split(' ');
    const payloadAt = lineEnd + 2;
    if (verb !== 'PUB') {
      at = payloadAt;
      continue;
    }
    const payloadEnd = payloadAt + Number(sizes.at(-1));
    // The end of the process may have cut the last one off.
    if (payloadEnd > bytes.length) break;
    messages.push({ to, payload: bytes.subarray(payloadAt, payloadEnd), sentAt: starts[send]?.sentAt ?? 0 });
    at = payloadEnd + 2;
  }
  return messages;
}
