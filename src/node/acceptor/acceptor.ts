// Wires an acceptor actor to its store, to NATS subjects and to the other acceptors.

import { randomBytes } from 'node:crypto';
import {
  AcceptorActor,
  type AcceptorInput,
  type AcceptorOutput,
  inputFor,
  type ReplyCounts,
} from '../../actors/acceptor-actor.ts';
import type { Clock } from '../../actors/clock.ts';
import { Runtime } from '../../actors/runtime.ts';
import { Standing } from '../../actors/standing.ts';
import { configurationOf } from '../../protocol/membership.ts';
import { partitionOf } from '../../protocol/partition.ts';
import type { Configuration } from '../../protocol/quorum.ts';
import { MEMORY_NAME } from '../../storage/memory-record.ts';
import type { Store } from '../../storage/store.ts';
import { decodeCommands, encodeReplies, itemBytes } from '../../transport/message-codec.ts';
import { packed } from '../../transport/packing.ts';
import { internalSubjects } from '../../transport/subjects.ts';
import type { Message, Transport } from '../../transport/transport.ts';
import { envelopeOf } from '../process/envelope-of.ts';
import { openEpochs } from '../process/epochs.ts';
import { MisplacedError, QuarantineError } from '../process/fatal-error.ts';
import { type Log, throttled } from '../process/log.ts';
import { openHellos } from './hellos.ts';
import { openKeyTeller } from './key-teller.ts';
import { openListing } from './listing.ts';
import { Uncollected } from './uncollected.ts';

export interface AcceptorParts {
  readonly id: string;
  readonly configuration: Configuration;
  readonly transport: Transport;
  readonly store: Store & { readonly storeId: string };
  readonly clock: Clock;
  readonly log: Log;
  /** What slots may take in memory; the rest is read from the store. */
  readonly memoryBytesMax: number;
  /** Called once, when it may vote. */
  readonly onVoting: () => void;
  /** The acceptor does not vote any more: its store or a rule of the protocol failed, or it has forgotten something (A4). */
  readonly onFailure: (error: unknown) => void;
}

export interface RunningAcceptor {
  readonly standing: Pick<Standing, 'status' | 'doubt' | 'heard' | 'stamp' | 'epoch' | 'membership'>;
  readonly turns: Pick<Runtime<AcceptorInput, AcceptorOutput>, 'tally' | 'waiting' | 'dropped'>;
  readonly replies: ReplyCounts;
  readonly uncollected: Pick<Uncollected, 'registers'>;
  stop(): void;
}

/** A message counts for its commands, and for one more with each so many of its bytes. */
const BYTES_A_COMMAND = 4096;
/** A transaction: 512 rows or 2 MiB of them. More would make the first of them wait for the last without being cheaper. */
const TURN_COMMANDS_MAX = 512;
/** What may wait for others waits so long: at a hundred commands a second ten of them share a commit. */
const PATIENCE_MS = 100;
/** What waits for a turn, 128 MiB at most; past that it is dropped and the proposers ask again. */
const MAILBOX_COMMANDS_MAX = 32 * 1024;

export async function startAcceptor(parts: AcceptorParts): Promise<RunningAcceptor> {
  const { id, configuration, transport, store, clock, onVoting, onFailure } = parts;
  const log = throttled(parts.log);
  const subjects = internalSubjects(configuration.cluster);
  const standing = new Standing({
    id,
    configuration,
    store: store.storeId,
    incarnation: randomBytes(8).toString('base64url'),
    slot: (await store.load([MEMORY_NAME])).get(MEMORY_NAME),
  });

  const uncollected = new Uncollected();
  let status = standing.status;
  let isMisplaced = false;
  const watch = (): void => {
    if (isMisplaced) return;
    if (standing.stranger !== undefined) {
      isMisplaced = true;
      hellos.stopAsking();
      fail(new MisplacedError(strangerText(id, configuration.cluster, standing.stranger)));
      return;
    }
    if (standing.status === status && status !== 'quarantined') return;
    status = standing.status;
    if (status === 'asking') return;
    hellos.stopAsking();
    if (status === 'voting') onVoting();
    else if (status === 'removed') parts.log('removed', { ...standing.stamp, epoch: standing.epoch });
    else quarantine(standing.doubt ?? '');
  };
  const quarantine = (why: string): void => {
    parts.log('quarantined', { ...standing.stamp, why });
    fail(new QuarantineError(id, why));
  };
  const send = (outputs: readonly AcceptorOutput[]): void => {
    const { stamp } = standing;
    for (const { proposer, epoch, replies } of outputs) {
      for (const reply of replies)
        if (reply.kind === 'collected' && reply.isGone)
          uncollected.collected(partitionOf(reply.key), reply.key);
      for (const items of packed(replies, itemBytes)) {
        const envelope = { sender: id, recipient: proposer, items, stamp };
        transport.publish(
          subjects.proposer(proposer),
          encodeReplies({ ...standing.cluster, epoch }, envelope),
        );
      }
    }
    watch();
  };
  const actor = new AcceptorActor({
    cacheBytesMax: parts.memoryBytesMax,
    mayHave: key => store.mayHave(key),
    standing,
  });
  const runtime = new Runtime<AcceptorInput, AcceptorOutput>(actor, {
    store,
    clock,
    weigh: input => input.commands.length + Math.floor((input.bytes ?? 0) / BYTES_A_COMMAND),
    isPatient: input => input.isPatient === true,
    patienceMs: PATIENCE_MS,
    turnWeightMax: TURN_COMMANDS_MAX,
    mailboxWeightMax: MAILBOX_COMMANDS_MAX,
    send,
    onFull: () => log('storage_full', { id }),
    onFailure,
  });
  const onCommands = ({ bytes, subject }: Message): void => {
    const envelope = envelopeOf(decodeCommands(standing.cluster, bytes), subject, log);
    if (envelope === undefined) return;
    const { epoch, sender, news } = envelope;
    epochs.meet(epoch);
    standing.learn(news, sender);
    const input = inputFor(id, envelope);
    if (input !== undefined) runtime.deliver({ ...input, bytes: bytes.length });
  };
  const epochs = openEpochs({
    sender: id,
    cluster: () => standing.cluster,
    transport,
    clock,
    log,
    own: () => {
      const { membership, epoch, mayVote: votes } = standing;
      return { epoch: membership?.epoch ?? epoch, membership, votes };
    },
    onNewer: membership => {
      standing.adopt(membership);
      runtime.wake();
    },
  });
  const fail = (error: unknown): void => {
    runtime.stop();
    onFailure(error);
  };
  const subscriptions = [
    transport.subscribe(subjects.acceptors, onCommands),
    transport.subscribe(subjects.acceptor(id), onCommands),
    transport.subscribe(subjects.ping(id), ({ reply }) => {
      const { status, heard, doubt: why, stamp, membership } = standing;
      const epoch = membership && configurationOf(configuration.cluster, membership);
      const told = { id, status, heard, why, epoch, ...stamp };
      if (reply !== '') transport.publish(reply, new TextEncoder().encode(JSON.stringify(told)));
    }),
    openListing({
      id,
      configuration,
      transport,
      store,
      mayVote: () => standing.mayVote,
      log,
      onFailure: fail,
    }),
    openKeyTeller({
      id,
      transport,
      store,
      standing,
      epochs,
      clock,
      uncollected,
      log,
      onFailure: fail,
    }),
  ];
  const hellos = openHellos({
    id,
    configuration,
    transport,
    standing,
    epochs,
    log: parts.log,
    onHeard: watch,
  });
  runtime.wake();
  return {
    standing,
    turns: runtime,
    replies: actor.replies,
    uncollected,
    stop: () => {
      hellos.close();
      epochs.close();
      for (const subscription of subscriptions) subscription.close();
      runtime.stop();
    },
  };
}

function strangerText(id: string, cluster: string, stranger: string): string {
  return (
    `Cannot start acceptor '${id}': another cluster '${cluster}' is on this NATS (its ${stranger} answered). Start ${id} with ` +
    'the NATS servers of its own cluster.'
  );
}
