// Messages and answers in words, for the trace.

import type { SynodCall } from '../../src/history/history.ts';
import type { Ballot } from '../../src/protocol/ballot.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import type { RegisterState, View } from '../../src/protocol/state.ts';
import type { Value } from '../../src/protocol/value.ts';
import type { Note } from '../../src/transport/pass-codec.ts';
import type { ServiceAnswer } from '../../src/transport/reply-codec.ts';
import { decodeState } from '../../src/transport/state-codec.ts';

export function describeCommand(command: Command): string {
  switch (command.kind) {
    case 'prepare':
      return `prepare ${command.key} ${describeBallot(command.ballot)}`;
    case 'accept': {
      const { key, ballot, next, value } = command;
      return `accept ${key} ${describeBallot(ballot)} next ${next.counter} ${describeValue(value)}`;
    }
    case 'read':
    case 'fetch':
    case 'begin':
      return `${command.kind} ${command.key} #${command.serial}`;
    case 'floor':
      return `floor ${command.key} ${describeBallot(command.ballot)}`;
    case 'copy':
      return `copy ${command.key} ${describeBallot(command.accepted)} ${describeValue(command.value)}`;
    case 'collect':
      return `collect ${command.key} ${describeBallot(command.accepted)} by ${describeBallot(command.ballot)}`;
  }
}

export function describeReply(reply: Reply): string {
  switch (reply.kind) {
    case 'promised':
      return `promised ${reply.key} ${reply.counter}, accepted ${describeBallot(reply.accepted)} ${describeValue(reply.value)}`;
    case 'accepted':
      return `accepted ${reply.key} ${reply.counter}`;
    case 'conflict':
      return `conflict ${reply.key} ${reply.phase} ${reply.counter}, seen ${describeBallot(reply.seen)}`;
    case 'floored':
      return `floored ${reply.key} ${reply.counter} ${reply.filter?.length ?? 'no'} bytes`;
    case 'full':
      return `full ${reply.key} ${reply.phase} ${reply.counter}`;
    case 'closed':
      return `closed ${reply.key} to ${reply.stay}`;
    case 'copied':
      return `copied ${reply.key} ${describeBallot(reply.accepted)}`;
    case 'collected':
      return `collected ${reply.key} ${reply.counter} ${reply.isGone ? 'gone' : 'kept'}`;
    case 'report':
      return `report ${reply.key} #${reply.serial}, accepted ${describeBallot(reply.accepted)} ${describeValue(reply.value)}`;
  }
}

export function describeNote(note: Note): string {
  switch (note.kind) {
    case 'pass':
      return `pass ${note.number} ${note.request.subject}`;
    case 'taken':
      return `taken ${note.first} to ${note.last}`;
    case 'returned':
      return `returned ${note.number} ${Buffer.from(note.told.bytes).toString()}`;
    case 'present':
    case 'probe':
      return `${note.kind} ${note.number}`;
    case 'leaving':
      return 'leaving';
  }
}

export function describeBallot({ counter, proposer }: Ballot): string {
  return counter === 0 ? 'none' : `${counter}@${proposer}`;
}

function describeValue(value: Uint8Array): string {
  return value.length === 0 ? '∅' : describeState(decodeState(value));
}

/** So many of the last ids are shown. */
const IDS_SHOWN = 3;

export function describeState({
  kind,
  version,
  set,
  value,
  rounds,
  remembered,
  passes,
  forgotten,
}: RegisterState): string {
  const marks = rounds.map(({ proposer, counter }) => `${counter}@${proposer}`).join(' ');
  const passed = passes.latest.map(({ router, number }) => `${number}@${router}`).join(' ');
  const last = remembered.slice(-IDS_SHOWN);
  const ids = last.map(({ id, ended }) => (ended.kind === 'done' ? id : `${id} refused`)).join(' ');
  const gone = forgotten
    .flatMap(({ session, ranges }) => ranges.map(({ first, last }) => `${first}-${last}@${session}`))
    .join(' ');
  return `<${kind ?? 'no kind'} v${version} ${set ? describeContent(value) : 'unset'} rounds [${marks}] ids [${ids}] passes [${passed}] forgotten [${gone}]>`;
}

export function describeAnswer(answer: ServiceAnswer): string {
  switch (answer.kind) {
    case 'done':
      return `done ${describeView(answer.view)}${answer.duplicate ? ' (duplicate)' : ''}`;
    case 'refused':
      return `refused ${answer.code} ${describeView(answer.view)}: ${answer.why}`;
    case 'no_quorum':
    case 'storage_full':
    case 'unknown':
    case 'overloaded':
      return `${answer.kind}: ${answer.why}`;
  }
}

/** A switch has no value. */
function describeContent(value: Value | undefined): string {
  return value === undefined ? 'on' : JSON.stringify(value);
}

export function describeView({ set, value, version }: View): string {
  return set ? `v${version} ${describeContent(value)}` : 'unset';
}

export function describeCall(key: string, { operation, ...args }: SynodCall): string {
  return `${operation} ${key} ${JSON.stringify(args)}`;
}
