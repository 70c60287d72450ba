// Replies to rounds and reads that a proposer is done with, as the network may still bring them.

import { ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import type { Reply } from '../../src/protocol/messages.ts';
import type { Work } from '../../src/protocol/work.ts';
import type { ProposerState } from './proposer.ts';
import { KEY } from './scope.ts';

export function staleReplies({ instance, counter }: ProposerState): readonly Reply[] {
  const counters = Array.from({ length: counter }, (_, i) => i + 1);
  return counters.flatMap(repliesTo).filter(reply => !isAwaited(instance.work, reply));
}

function repliesTo(counter: number): readonly Reply[] {
  // A ballot that nobody reached, so that a reply that counts would be noticed.
  const seen = { counter: 1000, proposer: 'z' };
  const found = { accepted: ZERO_BALLOT, value: new Uint8Array(0) };
  return [
    { kind: 'promised', key: KEY, counter, ...found },
    { kind: 'accepted', key: KEY, counter },
    { kind: 'conflict', key: KEY, counter, phase: 'prepare', seen },
    { kind: 'conflict', key: KEY, counter, phase: 'accept', seen },
    { kind: 'report', key: KEY, serial: counter, ...found },
  ];
}

function isAwaited(work: Work, reply: Reply): boolean {
  if (reply.kind === 'report') return work.phase === 'reading' && reply.serial === work.serial;
  if (work.phase === 'preparing') {
    const kinds = reply.kind === 'promised' || (reply.kind === 'conflict' && reply.phase === 'prepare');
    return kinds && reply.counter === work.round.ballot.counter;
  }
  if (work.phase === 'accepting') {
    const kinds = reply.kind === 'accepted' || (reply.kind === 'conflict' && reply.phase === 'accept');
    return kinds && reply.counter === work.round.ballot.counter;
  }
  return false;
}
