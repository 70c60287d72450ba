// A scope: what is explored, and the rules of the protocol under which it is. The rules are the production
// functions; only negative controls put others in their place.

import { accept, prepare, read } from '../../src/protocol/acceptor.ts';
import { begin, receive, tick } from '../../src/protocol/instance.ts';
import type { Request } from '../../src/protocol/operation.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';

export interface Scope {
  readonly name: string;
  readonly acceptors: number;
  readonly proposers: readonly Script[];
  /** What happened already, as the beginnings of lines of a story: everything that may follow is explored. */
  readonly opening: readonly string[];
}

/** What one proposer is given to do, one batch after another, and what may happen to it. */
export interface Script {
  readonly batches: readonly (readonly Request[])[];
  /** So many rounds may start with a prepare; a proposer that needs one more stands still for ever. */
  readonly preparesMax: number;
  /** It may give up what it works on, as at a deadline. */
  readonly givesUp: boolean;
  /** So often it may forget everything and come back as a new incarnation. */
  readonly crashesMax: number;
}

export interface Rules {
  readonly prepare: typeof prepare;
  readonly accept: typeof accept;
  readonly read: typeof read;
  readonly begin: typeof begin;
  readonly receive: typeof receive;
  readonly tick: typeof tick;
  /** What proposers take for the group, given its members. */
  readonly configuration: (acceptors: readonly string[]) => Configuration;
}

export const RULES: Rules = {
  prepare,
  accept,
  read,
  begin,
  receive,
  tick,
  configuration: acceptors => ({ cluster: 'explored', epoch: 1, acceptors }),
};
