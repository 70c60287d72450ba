// Wires a proposer actor to the acceptors and to its clients.

import { randomBytes } from 'node:crypto';
import type { Clock } from '../actors/clock.ts';
import { ProposerActor, type ProposerInput, type ProposerOutput } from '../actors/proposer-actor.ts';
import { Runtime } from '../actors/runtime.ts';
import type { ChangeTable } from '../protocol/changes.ts';
import type { Configuration } from '../protocol/quorum.ts';
import { DEFAULT_TIMING } from '../protocol/work.ts';
import { ALL, decodeReplies, encodeCommands, itemBytes } from '../transport/message-codec.ts';
import type { RequestLimits } from '../transport/request-codec.ts';
import { decodeState, encodeState } from '../transport/state-codec.ts';
import { internalSubjects } from '../transport/subjects.ts';
import type { Transport } from '../transport/transport.ts';
import { ClientDesk } from './client-desk.ts';
import { type ServiceIdentity, startDiscovery } from './discovery.ts';
import { type Log, throttled } from './log.ts';
import { packed } from './packing.ts';
import { PassDesk } from './pass-desk.ts';
import { ServiceStats } from './service-stats.ts';
import { Wakefulness } from './wakefulness.ts';

export interface ProposerParts {
  readonly name: string;
  readonly version: string;
  readonly prefix: string;
  readonly configuration: Configuration;
  readonly limits: RequestLimits & { readonly requestsMax: number };
  readonly changes: ChangeTable;
  /** To the acceptors. */
  readonly transport: Transport;
  /** To clients; may be the same. */
  readonly api: Transport;
  readonly clock: Clock;
  readonly log: Log;
  readonly onFailure: (error: unknown) => void;
}

interface RunningProposer {
  readonly incarnation: string;
  /** Takes in no more requests and resolves when those in hand are answered, or after a while without. */
  drain(): Promise<void>;
}

/** What waiting requests may take together. */
const REQUEST_BYTES_MAX = 64 * 1024 * 1024;
/** What remembered registers may take. */
const MEMORY_BYTES_MAX = 64 * 1024 * 1024;
/** What is used of a floor is remembered in a filter that has room for so many keys. */
const FLOOR_USES_MAX = 4096;
const TURN_INPUTS_MAX = 4096;
const MAILBOX_INPUTS_MAX = 64 * 1024;
const DRAIN_MS_MAX = 3000;
/** What was passed here before the others heard that this one leaves. */
const GOODBYE_MS = 50;
const DRAIN_POLL_MS = 10;

/**
 * Each start is a new incarnation: its name and 64 random bits, so that its ballots were never used before,
 * whatever was copied, wiped or restored.
 */
export function newIncarnation(name: string): string {
  return `${name}-${randomBytes(8).toString('base64url')}`;
}

export function startProposer(parts: ProposerParts): RunningProposer {
  const { configuration, transport, api, clock, onFailure } = parts;
  const log = throttled(parts.log);
  const incarnation = newIncarnation(parts.name);
  const stats = new ServiceStats();
  const wakefulness = new Wakefulness(clock, api);
  const runtime = new Runtime<ProposerInput, ProposerOutput>(actorOf(parts, incarnation), {
    store: undefined,
    clock,
    weigh: () => 1,
    turnWeightMax: TURN_INPUTS_MAX,
    mailboxWeightMax: MAILBOX_INPUTS_MAX,
    send: outputs => send(outputs, { parts, incarnation, desk }),
    onFailure,
  });
  const desk = new ClientDesk({
    ...parts,
    transport: api,
    incarnation,
    log,
    stats,
    isBehind: nowMs => wakefulness.isBehind(nowMs),
    onRequest: input => runtime.deliver(input),
    pass: (key, request) => passDesk.pass(key, request),
    giveBack: (pass, reply, told) => passDesk.giveBack(pass, reply, told),
  });
  const passDesk = new PassDesk({
    ...parts,
    incarnation,
    log,
    passesMax: parts.limits.requestsMax,
    onPassed: passed => desk.serve(passed),
    onReturned: returned => desk.forward(returned),
  });
  transport.subscribe(internalSubjects(configuration.cluster).proposer(incarnation), ({ bytes, subject }) => {
    const decoded = decodeReplies(configuration, bytes);
    if (decoded.kind === 'refused') {
      log('message_refused', { subject, why: decoded.why });
      return;
    }
    const { sender, recipient, items } = decoded.envelope;
    if (recipient === incarnation) runtime.deliver({ kind: 'replies', acceptor: sender, replies: items });
  });
  passDesk.open();
  desk.open();
  const stopDiscovery = startDiscovery(api, identityOf(parts, incarnation), stats);
  return {
    incarnation,
    drain: async () => {
      stopDiscovery();
      desk.close();
      passDesk.leave();
      const untilMs = clock.nowMs() + DRAIN_MS_MAX;
      await new Promise(resolve => setTimeout(resolve, GOODBYE_MS));
      while (desk.waiting + passDesk.waiting > 0 && clock.nowMs() < untilMs) {
        await new Promise(resolve => setTimeout(resolve, DRAIN_POLL_MS));
      }
      passDesk.close();
      wakefulness.close();
      runtime.stop();
    },
  };
}

function actorOf({ configuration, changes, limits }: ProposerParts, incarnation: string): ProposerActor {
  return new ProposerActor({
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
      floorUsesMax: FLOOR_USES_MAX,
      memoryBytesMax: MEMORY_BYTES_MAX,
    },
  });
}

interface Way {
  readonly parts: ProposerParts;
  readonly incarnation: string;
  readonly desk: ClientDesk;
}

function send(outputs: readonly ProposerOutput[], { parts, incarnation, desk }: Way): void {
  for (const output of outputs) {
    switch (output.kind) {
      case 'commands':
        sendCommands(output, parts, incarnation);
        break;
      case 'answer':
        desk.answer(output.token, output.answer);
        break;
      case 'chosen':
        desk.announce(output.key, output.version);
        break;
    }
  }
}

function sendCommands(
  { acceptor, commands }: Extract<ProposerOutput, { kind: 'commands' }>,
  { configuration, transport }: ProposerParts,
  sender: string,
): void {
  const subjects = internalSubjects(configuration.cluster);
  const subject = acceptor === ALL ? subjects.acceptors : subjects.acceptor(acceptor);
  for (const items of packed(commands, itemBytes)) {
    transport.publish(subject, encodeCommands(configuration, { sender, recipient: acceptor, items }));
  }
}

function identityOf({ prefix, version, configuration }: ProposerParts, incarnation: string): ServiceIdentity {
  return { prefix, version, metadata: { cluster: configuration.cluster, incarnation } };
}
