// How the messages between proposers and acceptors travel: commands and replies, as the items of a message (envelope-codec.ts). The
// tail of replies is the acceptor's stamp, that of commands what the proposer saw of acceptors' commits (S2), and who need not
// vote at once, if anybody: an acceptor that does not look at that votes at once.

import type { Ballot } from '../protocol/ballot.ts';
import type { News, Stamp } from '../protocol/memory.ts';
import type { Command, Reply } from '../protocol/messages.ts';
import {
  type Cluster,
  type Decoded,
  decodeItems,
  type Envelope,
  type Epoch,
  encodeItems,
  type Unsent,
} from './envelope-codec.ts';
import {
  array,
  bytesOf,
  counter,
  fetchedOf,
  floorOf,
  keyOf,
  Malformed,
  registerName,
  text,
} from './message-fields.ts';
import { shown } from './shown.ts';
import { decodeState, StateFormatError } from './state-codec.ts';

export interface CommandEnvelope extends Envelope<Command> {
  readonly news: readonly News[];
  /** Acceptors that need not vote at once. */
  readonly reserve?: readonly string[];
}

export interface ReplyEnvelope extends Envelope<Reply> {
  readonly stamp: Stamp;
}

const PREPARE = 0;
const ACCEPT = 1;
const READ = 2;
const FLOOR = 3;
const COPY = 4;
const COLLECT = 5;
const FETCH = 6;
const BEGIN = 7;
const PROMISED = 0;
const ACCEPTED = 1;
const CONFLICT = 2;
const REPORT = 3;
const FULL = 4;
const FLOORED = 5;
const COPIED = 6;
const COLLECTED = 7;
const CLOSED = 8;

export function encodeCommands(own: Epoch, envelope: Unsent<CommandEnvelope>): Uint8Array {
  const news = envelope.news.map(({ member, sighting: { store, incarnation, commits } }) => {
    return [member, store, incarnation, commits];
  });
  const { reserve = [] } = envelope;
  if (reserve.length === 0) return encodeItems(own, envelope, commandItem, news);
  return encodeItems(own, envelope, commandItem, news, reserve);
}

export function encodeReplies(own: Epoch, envelope: Unsent<ReplyEnvelope>): Uint8Array {
  return encodeItems(own, envelope, replyItem, stampFields(envelope.stamp));
}

export function decodeCommands(ours: Cluster, bytes: Uint8Array): Decoded<Command, CommandEnvelope> {
  return decodeItems(ours, bytes, commandOf, (envelope, [news, reserve]) => ({
    ...envelope,
    news: newsOf(news),
    ...reserveIn(reserve),
  }));
}

function reserveIn(candidate: unknown): Pick<CommandEnvelope, 'reserve'> {
  const reserve = candidate === undefined ? [] : array(candidate).map(text);
  return reserve.length === 0 ? {} : { reserve };
}

export function decodeReplies(ours: Cluster, bytes: Uint8Array): Decoded<Reply, ReplyEnvelope> {
  return decodeItems(ours, bytes, replyOf, (envelope, [stamp]) => ({
    ...envelope,
    stamp: stampOf(stamp),
  }));
}

export function stampFields({ store, incarnation, since, commits }: Stamp): readonly unknown[] {
  return [store, incarnation, since, commits];
}

export function stampOf(candidate: unknown): Stamp {
  const [store, incarnation, since, commits] = array(candidate);
  const stamp = {
    store: text(store),
    incarnation: text(incarnation),
    since: counter(since, 0),
    commits: counter(commits, 0),
  };
  if (stamp.commits < stamp.since) throw new Malformed('a stamp ends before it begins');
  return stamp;
}

function newsOf(candidate: unknown): readonly News[] {
  return array(candidate).map(entry => {
    const [member, store, incarnation, commits] = array(entry);
    const sighting = { store: text(store), incarnation: text(incarnation), commits: counter(commits, 0) };
    return { member: text(member), sighting };
  });
}

/** About how many bytes an item takes, for keeping a message below what the broker carries. */
export function itemBytes(item: Command | Reply): number {
  const value = 'value' in item ? item.value.length : 0;
  const filter = item.kind === 'floored' ? (item.filter?.length ?? 0) : 0;
  const remains = 'remains' in item ? (item.remains?.length ?? 0) : 0;
  return item.key.length + 64 + value + filter + remains;
}

function commandItem(command: Command): readonly unknown[] {
  switch (command.kind) {
    case 'prepare':
      return [PREPARE, command.key, command.ballot.counter];
    case 'accept':
      return [ACCEPT, command.key, command.ballot.counter, command.value, command.next.counter];
    case 'read':
      return [READ, command.key, command.serial];
    case 'fetch':
      return command.forgets
        ? [FETCH, command.key, command.serial, true]
        : [FETCH, command.key, command.serial];
    case 'begin':
      return [BEGIN, command.key, command.serial, command.remains];
    case 'floor':
      return [FLOOR, command.key, command.ballot.counter, command.remains ?? null];
    case 'copy':
      return [COPY, command.key, command.accepted.counter, command.value, command.accepted.proposer];
    case 'collect': {
      const { key, ballot, accepted, remains } = command;
      return [COLLECT, key, ballot.counter, remains, accepted.counter, accepted.proposer];
    }
  }
}

function replyItem(reply: Reply): readonly unknown[] {
  switch (reply.kind) {
    case 'promised':
      return [
        PROMISED,
        reply.key,
        reply.counter,
        reply.accepted.counter,
        reply.accepted.proposer,
        reply.value,
      ];
    case 'accepted':
      return [ACCEPTED, reply.key, reply.counter];
    case 'conflict':
      return [
        CONFLICT,
        reply.key,
        reply.counter,
        reply.phase === 'accept',
        reply.seen.counter,
        reply.seen.proposer,
      ];
    case 'floored':
      return [FLOORED, reply.key, reply.counter, reply.filter ?? null, reply.remains ?? null];
    case 'full':
      return [FULL, reply.key, reply.counter, reply.phase === 'accept'];
    case 'closed':
      return [CLOSED, reply.key, reply.stay];
    case 'report':
      return [REPORT, reply.key, reply.serial, reply.accepted.counter, reply.accepted.proposer, reply.value];
    case 'copied':
      return [COPIED, reply.key, reply.accepted.counter, reply.accepted.proposer];
    case 'collected':
      return [COLLECTED, reply.key, reply.counter, reply.isGone];
  }
}

function commandOf([kind, key, number, value, last, proposer]: readonly unknown[], sender: string): Command {
  switch (kind) {
    case PREPARE:
      return { kind: 'prepare', key: keyOf(key), ballot: ownBallot(number, sender) };
    case ACCEPT: {
      const ballot = ownBallot(number, sender);
      const nextBallot = ownBallot(last, sender);
      if (nextBallot.counter < ballot.counter)
        throw new Malformed('the next ballot is below the accepted one');
      return {
        kind: 'accept',
        key: keyOf(key),
        ballot,
        value: bytesOf(value, length => length > 0),
        next: nextBallot,
      };
    }
    case READ:
      return { kind: 'read', key: keyOf(key), serial: counter(number, 1) };
    case FETCH:
      return {
        kind: 'fetch',
        key: fetchedOf(key),
        serial: counter(number, 1),
        ...(value === true ? { forgets: true } : {}),
      };
    case BEGIN:
      return { kind: 'begin', key: fetchedOf(key), serial: counter(number, 1), remains: remainsIn(value) };
    case FLOOR:
      return {
        kind: 'floor',
        key: floorOf(key),
        ballot: ownBallot(number, sender),
        ...(value === null ? {} : { remains: remainsIn(value) }),
      };
    case COPY: {
      const accepted = { counter: counter(number, 1), proposer: text(last) };
      return { kind: 'copy', key: keyOf(key), accepted, value: bytesOf(value, length => length > 0) };
    }
    case COLLECT:
      return {
        kind: 'collect',
        key: keyOf(key),
        ballot: ownBallot(number, sender),
        accepted: { counter: counter(last, 1), proposer: text(proposer) },
        remains: remainsIn(value),
      };
    default:
      throw new Malformed(`command ${shown(kind)} is unknown`);
  }
}

/** The key is only compared with those that were asked about: it is not looked at any closer. */
function replyOf([kind, key, number, a, b, c]: readonly unknown[]): Reply {
  switch (kind) {
    case PROMISED:
      return {
        kind: 'promised',
        key: registerName(key),
        counter: counter(number, 1),
        ...acceptedOf(a, b, c),
      };
    case ACCEPTED:
      return { kind: 'accepted', key: registerName(key), counter: counter(number, 1) };
    case CONFLICT:
      return {
        kind: 'conflict',
        key: registerName(key),
        counter: counter(number, 1),
        phase: a === true ? 'accept' : 'prepare',
        seen: { counter: counter(b, 0), proposer: text(c) },
      };
    case FLOORED: {
      const filter = a === null ? undefined : bytesOf(a);
      const remains = b === null ? {} : { remains: remainsIn(b) };
      return { kind: 'floored', key: registerName(key), counter: counter(number, 1), filter, ...remains };
    }
    case FULL:
      return {
        kind: 'full',
        key: registerName(key),
        counter: counter(number, 1),
        phase: a === true ? 'accept' : 'prepare',
      };
    case REPORT:
      return { kind: 'report', key: registerName(key), serial: counter(number, 1), ...acceptedOf(a, b, c) };
    case CLOSED:
      return { kind: 'closed', key: registerName(key), stay: counter(number, 0) };
    case COPIED:
      return {
        kind: 'copied',
        key: registerName(key),
        accepted: { counter: counter(number, 0), proposer: text(a) },
      };
    case COLLECTED:
      return { kind: 'collected', key: registerName(key), counter: counter(number, 1), isGone: a === true };
    default:
      throw new Malformed(`reply ${shown(kind)} is unknown`);
  }
}

/** What was accepted and under which ballot; with nothing accepted what is left of collected registers, if anything (D3). */
function acceptedOf(
  number: unknown,
  proposer: unknown,
  value: unknown,
): { accepted: Ballot; value: Uint8Array } {
  const accepted = { counter: counter(number, 0), proposer: text(proposer) };
  return { accepted, value: bytesOf(value, length => length > 0 || accepted.counter === 0) };
}

/** They become a part of what an acceptor keeps: it must be able to read them. */
export function remainsIn(candidate: unknown): Uint8Array {
  const bytes = bytesOf(candidate, length => length > 0);
  try {
    // A view of its own: the decoder leaves its marks on what it is given.
    decodeState(bytes.subarray());
    return bytes;
  } catch (error) {
    throw error instanceof StateFormatError ? new Malformed(error.message) : error;
  }
}

/** Only a proposer's own ballots are taken from it, but for copies. */
function ownBallot(number: unknown, sender: string): Ballot {
  return { counter: counter(number, 1), proposer: sender };
}
