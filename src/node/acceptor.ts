// Wires an acceptor actor to its store and to NATS subjects.

import { AcceptorActor, type AcceptorInput, type AcceptorOutput } from '../actors/acceptor-actor.ts';
import type { Clock } from '../actors/clock.ts';
import { Runtime } from '../actors/runtime.ts';
import type { Configuration } from '../protocol/quorum.ts';
import type { Store } from '../storage/store.ts';
import { ALL, decodeCommands, encodeReplies, itemBytes } from '../transport/message-codec.ts';
import { internalSubjects } from '../transport/subjects.ts';
import type { Message, Transport } from '../transport/transport.ts';
import { type Log, throttled } from './log.ts';
import { packed } from './packing.ts';

export interface AcceptorParts {
  readonly id: string;
  readonly configuration: Configuration;
  readonly transport: Transport;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** The acceptor does not vote any more: its store or a rule of the protocol failed. */
  readonly onFailure: (error: unknown) => void;
}

/** What slots may take in memory; the rest is read from the store. */
const CACHE_BYTES_MAX = 24 * 1024 * 1024;
/** Rows a transaction: more would make the first of them wait for the last without being cheaper. */
const TURN_COMMANDS_MAX = 512;
/** Commands that wait for a turn; past that they are dropped and the proposers ask again. */
const MAILBOX_COMMANDS_MAX = 32 * 1024;

/** @returns what stops it. */
export function startAcceptor(parts: AcceptorParts): () => void {
  const { id, configuration, transport, store, clock, onFailure } = parts;
  const log = throttled(parts.log);
  const subjects = internalSubjects(configuration.cluster);

  const send = (outputs: readonly AcceptorOutput[]): void => {
    for (const { proposer, replies } of outputs) {
      for (const items of packed(replies, itemBytes)) {
        const envelope = { sender: id, recipient: proposer, items };
        transport.publish(subjects.proposer(proposer), encodeReplies(configuration, envelope));
      }
    }
  };
  const runtime = new Runtime<AcceptorInput, AcceptorOutput>(
    new AcceptorActor({ cacheBytesMax: CACHE_BYTES_MAX }),
    {
      store,
      clock,
      weigh: input => input.commands.length,
      turnWeightMax: TURN_COMMANDS_MAX,
      mailboxWeightMax: MAILBOX_COMMANDS_MAX,
      send,
      onFull: () => log('storage_full', { id }),
      onFailure,
    },
  );
  const onCommands = ({ bytes, subject }: Message): void => {
    const decoded = decodeCommands(configuration, bytes);
    if (decoded.kind === 'refused') {
      log('message_refused', { subject, why: decoded.why });
      return;
    }
    const { sender, recipient, items } = decoded.envelope;
    if (recipient === ALL || recipient === id) runtime.deliver({ proposer: sender, commands: items });
  };
  const subscriptions = [
    transport.subscribe(subjects.acceptors, onCommands),
    transport.subscribe(subjects.acceptor(id), onCommands),
    transport.subscribe(subjects.ping(id), ({ reply }) => {
      if (reply !== '') transport.publish(reply, new TextEncoder().encode(id));
    }),
  ];
  return () => {
    for (const subscription of subscriptions) subscription.close();
    runtime.stop();
  };
}
