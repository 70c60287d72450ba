// A scope: what is explored, and the rules of the protocol under which it is. The rules are the production
// functions; only negative controls put others in their place.

import { vote } from '../../src/actors/vote.ts';
import {
  accept,
  collect,
  EMPTY_SLOT,
  prepare,
  read,
  type Slot,
  underFloor,
} from '../../src/protocol/acceptor.ts';
import { type Ballot, ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import { Carrying } from '../../src/protocol/carrying.ts';
import { begin, receive, restart, tick } from '../../src/protocol/instance.ts';
import { keysOfStay } from '../../src/protocol/moving.ts';
import type { ClientRequest } from '../../src/protocol/operation.ts';
import { type Configuration, FIRST_EPOCH } from '../../src/protocol/quorum.ts';

import type { Told } from './router-past.ts';

/** The one key there is. */
export const KEY = 'k';
/** The stay in which its partition is where it was at first: in between it was in another group. */
export const RETURNED = 2;

export interface Scope {
  readonly name: string;
  /** All, those included who come by the change of members. */
  readonly acceptors: number;
  /** Undefined where nobody comes or goes. */
  readonly change: MemberChange | undefined;
  /** Where the key moves from one group of acceptors to another. */
  readonly move?: Move;
  readonly proposers: readonly Script[];
  /** What happened already, as the beginnings of lines of a story: everything that may follow is explored. */
  readonly opening: readonly string[];
  /** Whether what p1 deletes may be collected, once every acceptor had it (D1). */
  readonly collects?: boolean;
}

/** From these members over the joint epoch to those. */
export interface MemberChange {
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** So often may whoever brings the key over begin again. */
  readonly againMax: number;
}

/** From the first of these groups to the second. */
export interface Move {
  readonly groups: readonly [readonly string[], readonly string[]];
  /** And back again, by a second move. */
  readonly returns: boolean;
  /** The proposers through which the partition is moved, one after another: so often may it be begun. */
  readonly desks: readonly number[];
}

/** What one proposer is given to do, one batch after another, and what may happen to it. */
export interface Script {
  readonly batches: readonly (readonly ClientRequest[])[];
  /** So many rounds may start with a prepare; a proposer that needs one more stands still for ever. */
  readonly preparesMax: number;
  /** So many times it may ask for a floor, at any time. */
  readonly floorsMax: number;
  /** It may give up what it works on, as at a deadline. */
  readonly givesUp: boolean;
  /** So often it may forget everything and come back as a new incarnation. */
  readonly crashesMax: number;
}

/** One acceptor: the slot of the one key, the floor of its partition, and the epoch that it votes in. */
export interface Acceptor extends Slot {
  readonly floor: Ballot;
  /** What is left of an earlier life of the key (D3). */
  readonly remains: Uint8Array;
  readonly epoch: number;
  /** Up to which stay it has closed the partition (G1); undefined for none. */
  readonly closedTo?: number | undefined;
  /** The register of the key in the stay that follows the return (G2); undefined before anything came to it. */
  readonly returned?: Slot | undefined;
}

export const EMPTY_ACCEPTOR: Acceptor = {
  ...EMPTY_SLOT,
  floor: ZERO_BALLOT,
  remains: new Uint8Array(0),
  epoch: FIRST_EPOCH,
};

export interface Rules {
  readonly prepare: typeof prepare;
  readonly accept: typeof accept;
  readonly read: typeof read;
  readonly underFloor: typeof underFloor;
  readonly collect: typeof collect;
  /** How many acceptors must have had what is collected. */
  readonly collectedFrom: (acceptors: number) => number;
  /** The keys that the filter of a floor is made of. */
  readonly floorKeys: (slot: Slot) => readonly string[];
  readonly begin: typeof begin;
  readonly receive: typeof receive;
  readonly tick: typeof tick;
  /** What a proposer goes on with in another epoch. */
  readonly restart: typeof restart;
  /** What is taken for the members and quorums of an epoch, given what they are. */
  readonly configuration: (configuration: Configuration) => Configuration;
  /** The epoch of an acceptor once it has answered a command of another; undefined when it does not answer. */
  readonly adopts: (own: number, asked: number) => number | undefined;
  /** How what acceptors told in the joint epoch is brought over. */
  readonly carrying: (...told: ConstructorParameters<typeof Carrying>) => CarryingRules;
  /** Whether a register of this stay is another one than that of the group's first stay (G2). */
  readonly hasOwnName: (stay: number) => boolean;
  /** How an acceptor votes that has closed the stay (G1). */
  readonly voteClosed: typeof vote;
  /** What a router is told (G3). */
  readonly told: (told: Told) => Told;
  /** Which keys a stay has (G4). */
  readonly keysOfStay: typeof keysOfStay;
}

export type CarryingRules = Pick<Carrying, 'copiesFor' | 'receive' | 'missing' | 'highest'>;

export const RULES: Rules = {
  prepare,
  accept,
  read,
  underFloor,
  collect,
  collectedFrom: acceptors => acceptors,
  floorKeys: ({ accepted }) => (accepted.counter === 0 ? [] : [KEY]),
  begin,
  receive,
  tick,
  restart,
  configuration: configuration => configuration,
  adopts: (own, asked) => (asked < own ? undefined : asked),
  carrying: (configuration, told) => new Carrying(configuration, told),
  hasOwnName: stay => stay === RETURNED,
  voteClosed: vote,
  told: told => told,
  keysOfStay,
};
