// Wires a proposer actor to the acceptors and to its clients.

import { randomBytes } from 'node:crypto';
import type { Clock } from '../actors/clock.ts';
import { ProposerActor, type ProposerInput, type ProposerOutput } from '../actors/proposer-actor.ts';
import { Runtime } from '../actors/runtime.ts';
import type { ChangeTable } from '../protocol/changes.ts';
import type { Command } from '../protocol/messages.ts';
import type { Configuration } from '../protocol/quorum.ts';
import { DEFAULT_TIMING } from '../protocol/work.ts';
import { ALL, decodeReplies, encodeCommands } from '../transport/message-codec.ts';
import type { RequestLimits } from '../transport/request-codec.ts';
import { decodeState, encodeState } from '../transport/state-codec.ts';
import { internalSubjects } from '../transport/subjects.ts';
import type { Message, Transport } from '../transport/transport.ts';
import { ClientDesk } from './client-desk.ts';
import { startDiscovery } from './discovery.ts';
import { type Log, throttled } from './log.ts';
import { packed } from './packing.ts';
import { ServiceStats } from './service-stats.ts';

export interface ProposerParts {
  readonly name: string;
  readonly version: string;
  readonly prefix: string;
  readonly configuration: Configuration;
  readonly limits: RequestLimits & { readonly requestsMax: number };
  readonly changes: ChangeTable;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  readonly onFailure: (error: unknown) => void;
}

export interface RunningProposer {
  readonly incarnation: string;
  /** Takes in no more requests and resolves when those in hand are answered, or after a while without. */
  drain(): Promise<void>;
}

/** What waiting requests may take together. */
const REQUEST_BYTES_MAX = 64 * 1024 * 1024;
/** What remembered registers may take. */
const MEMORY_BYTES_MAX = 64 * 1024 * 1024;
const TURN_INPUTS_MAX = 4096;
const MAILBOX_INPUTS_MAX = 64 * 1024;
const DRAIN_MS_MAX = 3000;
const DRAIN_POLL_MS = 10;

/**
 * Each start is a new incarnation: its name and 64 random bits, so that its ballots were never used before,
 * whatever was copied, wiped or restored.
 */
export function newIncarnation(name: string): string {
  return `${name}-${randomBytes(8).toString('base64url')}`;
}

export function startProposer(parts: ProposerParts): RunningProposer {
  const { configuration, transport, clock, limits, changes, onFailure } = parts;
  const log = throttled(parts.log);
  const incarnation = newIncarnation(parts.name);
  const subjects = internalSubjects(configuration.cluster);
  const stats = new ServiceStats();

  const sendCommands = (acceptor: string, commands: readonly Command[]): void => {
    const subject = acceptor === ALL ? subjects.acceptors : subjects.acceptor(acceptor);
    for (const items of packed(commands)) {
      transport.publish(
        subject,
        encodeCommands(configuration, { sender: incarnation, recipient: acceptor, items }),
      );
    }
  };
  const send = (outputs: readonly ProposerOutput[]): void => {
    for (const output of outputs) {
      switch (output.kind) {
        case 'commands':
          sendCommands(output.acceptor === 'all' ? ALL : output.acceptor, output.commands);
          break;
        case 'answer':
          desk.answer(output.token, output.answer);
          break;
        case 'chosen':
          desk.announce(output.key, output.version);
          break;
      }
    }
  };
  const actor = new ProposerActor({
    incarnation,
    configuration,
    codec: { encode: encodeState, decode: decodeState },
    changes,
    timing: DEFAULT_TIMING,
    seed: randomBytes(4).readUInt32LE(),
    limits: {
      valueBytesMax: limits.valueBytesMax,
      requestsMax: limits.requestsMax,
      requestBytesMax: REQUEST_BYTES_MAX,
      memoryBytesMax: MEMORY_BYTES_MAX,
    },
  });
  const runtime = new Runtime<ProposerInput, ProposerOutput>(actor, {
    store: undefined,
    clock,
    weigh: () => 1,
    turnWeightMax: TURN_INPUTS_MAX,
    mailboxWeightMax: MAILBOX_INPUTS_MAX,
    send,
    onFailure,
  });
  const desk = new ClientDesk({
    ...parts,
    stats,
    onRequest: input => runtime.deliver(input),
  });
  const onReplies = ({ bytes, subject }: Message): void => {
    const decoded = decodeReplies(configuration, bytes);
    if (decoded.kind === 'refused') {
      log('message_refused', { subject, why: decoded.why });
      return;
    }
    const { sender, recipient, items } = decoded.envelope;
    if (recipient === incarnation) runtime.deliver({ kind: 'replies', acceptor: sender, replies: items });
  };
  transport.subscribe(subjects.proposer(incarnation), onReplies);
  desk.open();
  const stopDiscovery = startDiscovery(transport, identityOf(parts, incarnation), stats);
  return {
    incarnation,
    drain: async () => {
      stopDiscovery();
      desk.close();
      const untilMs = clock.nowMs() + DRAIN_MS_MAX;
      while (desk.waiting > 0 && clock.nowMs() < untilMs) {
        await new Promise(resolve => setTimeout(resolve, DRAIN_POLL_MS));
      }
      runtime.stop();
    },
  };
}

function identityOf(
  { prefix, version, configuration }: ProposerParts,
  incarnation: string,
): {
  prefix: string;
  version: string;
  metadata: Readonly<Record<string, string>>;
} {
  return { prefix, version, metadata: { cluster: configuration.cluster, incarnation } };
}
