// What the exit code of a client command says: first of all whether anything was applied. The numbers are those of
// BSD's sysexits.h where it has one that fits, so that they are not taken for those of the command under a lock.

import {
  LeaseLostError,
  RefusedError,
  type SynodError,
  UnavailableError,
  UnknownOutcomeError,
} from '../client/errors.ts';
import { noServerAdvice } from './failure.ts';

export const EXIT = {
  done: 0,
  badRequest: 1,
  nothingThere: 66,
  unavailable: 69,
  refused: 73,
  unknown: 75,
  leaseLost: 76,
} as const;

export const EXIT_CODES = `
Exit codes:
  0   done
  1   not tried: what was asked is wrong
  66  there is nothing
  69  not applied: no NATS server, no proposer, or no quorum of acceptors
  73  not applied: refused for the state that is there
  75  may or may not be applied: read it
  76  the lease was lost`;

export function clientExitCode(error: SynodError): number {
  if (error instanceof RefusedError) return EXIT.refused;
  if (error instanceof UnavailableError) return EXIT.unavailable;
  if (error instanceof UnknownOutcomeError) return EXIT.unknown;
  return error instanceof LeaseLostError ? EXIT.leaseLost : EXIT.badRequest;
}

/** What a person can do about it, by the code of the error. */
const ADVICE: Readonly<Partial<Record<SynodError['code'], string>>> = {
  no_proposer:
    'No proposer: NATS answers, and nobody serves these subjects, or nobody who reaches the acceptors. Start one with `synod proposer`, or is --server or --prefix another?',
  no_quorum:
    'No quorum: proposers answer, and too few acceptors do. It goes on by itself when a majority of them is back.',
  timeout:
    'Nobody answered in time: is a majority of the acceptors up? `synod status` asks the nodes, --timeout waits longer.',
  storage_full: 'A majority of the acceptors has no space on its disks.',
  overloaded: 'The proposers have too much to do: try again later.',
  unknown: 'Read it before you try again.',
  unknown_change: '`nats micro info synod` shows the changes that each proposer knows.',
};

/** What was asked: by these servers, for the subjects that begin so. */
export interface Asked {
  readonly servers: readonly string[];
  readonly prefix: string;
}

/** Codes that may come of having asked elsewhere than was meant. */
const ELSEWHERE: readonly SynodError['code'][] = ['no_proposer', 'no_quorum', 'timeout'];

export function failureLines(error: SynodError, { servers, prefix }: Asked): string {
  const advice = error.code === 'no_server' ? noServerAdvice(error.message, '--server') : ADVICE[error.code];
  const place = ELSEWHERE.includes(error.code) ? `Asked: ${prefix}.> at ${servers.join(', ')}` : undefined;
  return [error.message, advice, place].filter(line => line !== undefined).join('\n');
}
