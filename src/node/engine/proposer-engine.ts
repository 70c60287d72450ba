// The proposer at work: its actor, the loop that drives it, and its messages with the acceptors. Where requests come
// from and answers go is its caller's: clients over NATS (proposer.ts), or the program that it is a part of.

import { randomBytes } from 'node:crypto';
import type { Clock } from '../../actors/clock.ts';
import type { RequestInput } from '../../actors/own-asks.ts';
import { ProposerActor, type ProposerInput, type ProposerOutput } from '../../actors/proposer-actor.ts';
import { Runtime } from '../../actors/runtime.ts';
import type { Ballot } from '../../protocol/ballot.ts';
import type { ChangeTable } from '../../protocol/changes.ts';
import { configurationOf, type Membership } from '../../protocol/membership.ts';
import type { Command } from '../../protocol/messages.ts';
import type { Configuration } from '../../protocol/quorum.ts';
import { REMEMBERED_MAX } from '../../protocol/register.ts';
import { DEFAULT_TIMING } from '../../protocol/work.ts';
import { decodeReplies } from '../../transport/message-codec.ts';
import type { ServiceAnswer } from '../../transport/reply-codec.ts';
import { decodeState, encodeState } from '../../transport/state-codec.ts';
import { internalSubjects } from '../../transport/subjects.ts';
import type { Transport } from '../../transport/transport.ts';
import { envelopeOf } from '../process/envelope-of.ts';
import { openEpochs } from '../process/epochs.ts';
import type { Log } from '../process/log.ts';
import { CommandSender, type Commands } from './command-sender.ts';

export interface EngineParts {
  readonly name: string;
  readonly configuration: Configuration;
  readonly limits: {
    readonly valueBytesMax: number;
    readonly requestsMax: number;
    /** What remembered registers may take as bytes. */
    readonly memoryBytesMax: number;
  };
  readonly changes: ChangeTable;
  /** Whom it asks to vote at once: as many acceptors as are a quorum (default), or all. */
  readonly asks?: 'quorum' | 'all';
  readonly transport: Transport;
  readonly clock: Clock;
  /** To be throttled. */
  readonly log: Log;
  readonly onAnswer: (token: number, answer: ServiceAnswer) => void;
  /** Not applied, and never will be in this group (G1). */
  readonly onClosed: (request: RequestInput) => void;
  /** A change of ours was chosen: what watchers may be told. */
  readonly onChosen: (key: string, version: number) => void;
  /** Called once; nothing is answered any more. */
  readonly onFailure: (error: unknown) => void;
}

export interface Engine {
  readonly incarnation: string;
  /** In which it works now; the members are those it was started with until it hears otherwise. */
  readonly configuration: () => Configuration;
  /** Undefined until an acceptor has told which stores the members have. */
  readonly membership: () => Membership | undefined;
  readonly request: (input: RequestInput) => void;
  /** A ballot above its floor of the partition was promised (D4). */
  readonly outbid: (partition: number, ballot: Ballot) => void;
  /** Says in which it is: who knows more answers. */
  readonly askEpoch: () => void;
  /** Goes on in an epoch that was decided, and tells everybody. */
  readonly adopt: (membership: Membership) => void;
  /** For whoever looks inside: what its rounds and turns counted, and what it has in hand. */
  readonly rounds: Pick<ProposerActor, 'tally' | 'inHand' | 'commitsOf'>;
  readonly turns: Pick<Runtime<ProposerInput, ProposerOutput>, 'tally' | 'waiting' | 'dropped'>;
  readonly stop: () => void;
}

/** How often it asks which cluster this is until it knows (S6). */
const ASK_MS = 50;
/** What waiting requests may take together. */
const REQUEST_BYTES_MAX = 64 * 1024 * 1024;
/** What registers that were used last or often may take as objects, beside that. */
const OBJECT_BYTES_MAX = 16 * 1024 * 1024;
/** What is used of a floor is remembered in a filter that has room for so many keys. */
const FLOOR_USES_MAX = 16_384;
const TURN_INPUTS_MAX = 4096;
const MAILBOX_INPUTS_MAX = 64 * 1024;

/**
 * Each start is a new incarnation: its name and 64 random bits, so that its ballots were never used before,
 * whatever was copied, wiped or restored.
 */
function newIncarnation(name: string): string {
  return `${name}-${randomBytes(8).toString('base64url')}`;
}

export function startEngine(parts: EngineParts): Engine {
  const { configuration, transport, clock, log, onFailure } = parts;
  const incarnation = newIncarnation(parts.name);
  const actor = actorOf(parts, incarnation);
  const runtime = new Runtime<ProposerInput, ProposerOutput>(actor, {
    store: undefined,
    clock,
    weigh: () => 1,
    turnWeightMax: TURN_INPUTS_MAX,
    mailboxWeightMax: MAILBOX_INPUTS_MAX,
    send: outputs => {
      for (const output of outputs) {
        if (output.kind !== 'commands') tell(output, parts);
        else if (mayAskAll || output.commands.every(promisesAtMost)) sender.send(output, current);
      }
    },
    onFailure,
  });
  const { cluster } = configuration;
  const sender = new CommandSender({ incarnation, cluster, transport, clock, log });
  const { proposer } = internalSubjects(cluster);
  const subscription = transport.subscribe(proposer(incarnation), ({ bytes, subject }) => {
    const envelope = envelopeOf(decodeReplies(current, bytes), subject, log);
    if (envelope === undefined) return;
    const { founder, epoch, sender: acceptor, recipient, items, stamp } = envelope;
    if (recipient !== incarnation) return;
    // S6: before it has counted any vote of the one cluster, it takes none of another.
    if (current.founder === undefined && founder !== undefined) current = { ...current, founder };
    mayAskAll = true;
    epochs.meet(epoch);
    runtime.deliver({ kind: 'replies', epoch, acceptor, stamp, replies: items });
  });
  let current = configuration;
  let membership: Membership | undefined;
  /** S6: whether commands that last may go out: the founder is known, or somebody answered who names none. */
  let mayAskAll = configuration.founder !== undefined;
  const onNewer = ({ founder = current.founder, ...newer }: Membership, votes: boolean): void => {
    // S6: proposers of a cluster that is gone tell of it as well.
    if (current.founder === undefined && founder !== undefined && !votes) return;
    mayAskAll = true;
    membership = { founder, ...newer };
    if (newer.epoch === current.epoch) {
      current = { ...current, founder };
      return;
    }
    current = configurationOf(configuration.cluster, membership);
    const { epoch, acceptors, joint } = current;
    parts.log('epoch_adopted', { epoch, acceptors, joint });
    runtime.deliver({ kind: 'configuration', configuration: current, members: newer.members });
  };
  const epochs = openEpochs({
    sender: incarnation,
    cluster: () => current,
    transport,
    clock,
    log,
    own: () => ({ epoch: current.epoch, membership }),
    onNewer,
  });
  const asking = setInterval(() => {
    try {
      if (mayAskAll) clearInterval(asking);
      else epochs.announce();
    } catch (error) {
      clearInterval(asking);
      onFailure(error);
    }
  }, ASK_MS);
  asking.unref();
  return {
    incarnation,
    configuration: () => current,
    membership: () => membership,
    askEpoch: () => epochs.announce(),
    adopt: newer => {
      if (newer.epoch > current.epoch) onNewer(newer, true);
      epochs.announce();
    },
    request: input => runtime.deliver(input),
    outbid: (partition, ballot) => runtime.deliver({ kind: 'outbid', partition, ballot }),
    rounds: actor,
    turns: runtime,
    stop: () => {
      clearInterval(asking);
      subscription.close();
      sender.close();
      epochs.close();
      runtime.stop();
    },
  };
}

/** S6: leaves no more than a promise with an acceptor of another cluster. */
function promisesAtMost({ kind }: Command): boolean {
  return kind === 'read' || kind === 'prepare' || kind === 'floor';
}

function actorOf(
  { configuration, changes, limits, asks = 'quorum' }: EngineParts,
  incarnation: string,
): ProposerActor {
  return new ProposerActor({
    incarnation,
    configuration,
    codec: { encode: encodeState, decode: decodeState },
    changes,
    timing: DEFAULT_TIMING,
    asks,
    seed: randomBytes(4).readUInt32LE(),
    limits: {
      valueBytesMax: limits.valueBytesMax,
      requestsMax: limits.requestsMax,
      requestBytesMax: REQUEST_BYTES_MAX,
      rememberedMax: REMEMBERED_MAX,
      floorUsesMax: FLOOR_USES_MAX,
      objectBytesMax: OBJECT_BYTES_MAX,
      ringBytesMax: limits.memoryBytesMax,
    },
  });
}

function tell(output: Exclude<ProposerOutput, Commands>, parts: EngineParts): void {
  switch (output.kind) {
    case 'answer':
      parts.onAnswer(output.token, output.answer);
      break;
    case 'distrusted': {
      const { acceptor, stamp, seen } = output;
      parts.log('acceptor_distrusted', { acceptor, ...stamp, seen });
      break;
    }
    case 'closed':
      parts.onClosed(output.request);
      break;
    case 'chosen':
      parts.onChosen(output.key, output.version);
      break;
  }
}
