// Membership: who the acceptors are, epoch by epoch (C1 to C7). It is the value of a register like any other, so that
// each epoch is decided once. A change goes over a joint epoch, in which every quorum is one of the members before and
// one of those after it (Ongaro and Ousterhout, In Search of an Understandable Consensus Algorithm, section 6).

import type { Members } from './memory.ts';
import { PARTITIONS } from './partition.ts';
import type { Configuration, Joint } from './quorum.ts';
import { isPlainObject, type Value } from './value.ts';

/** The register that memberships are decided in. No client can name it. */
export const MEMBERS_KEY = '$members';

/** The members of one epoch. The epoch tells all: no two memberships have the same one. */
export interface Membership {
  /** Of the cluster whose members they are (S6). */
  readonly founder?: string | undefined;
  readonly epoch: number;
  /** The store of each member, before and after a change that is under way. */
  readonly members: Members;
  readonly joint: Joint | undefined;
}

/** What a node says of the epoch that it is in. */
export interface EpochNote {
  readonly epoch: number;
  /** Undefined of a node that knows no more than what it was started with. */
  readonly membership: Membership | undefined;
  /** Whether it is an acceptor that votes: whoever is of no cluster yet believes nobody else (S6). */
  readonly votes?: boolean | undefined;
}

/** What is decided: a membership, and in a joint epoch which partitions were brought over to the new members (C3). */
export interface Decided extends Membership {
  readonly carried: readonly number[];
  /** The stores of all that were let go: none of them is a member again (C6). */
  readonly former: readonly string[];
}

export interface Change {
  readonly add: Members;
  readonly remove: readonly string[];
}

/** A change that cannot be made; the message says why. */
export class MembershipError extends Error {}

export function configurationOf(
  cluster: string,
  { founder, epoch, members, joint }: Membership,
): Configuration {
  return { cluster, founder, epoch, acceptors: [...members.keys()], joint };
}

/** The first epoch of a change. @throws MembershipError. */
export function joined({ epoch, members, joint, former }: Decided, { add, remove }: Change): Decided {
  if (joint !== undefined)
    throw new MembershipError('a change is under way already: it must be finished first');
  if (add.size === 0 && remove.length === 0) throw new MembershipError('nobody is to be added or removed');
  for (const [name, store] of add) {
    if (members.has(name))
      throw new MembershipError(`${name} is a member already: a new acceptor needs a name of its own`);
    if (former.includes(store))
      throw new MembershipError(
        `${name} with its store ${store} was a member before, and what it holds is old: start it on an empty directory`,
      );
  }
  for (const name of remove) if (!members.has(name)) throw new MembershipError(`${name} is no member`);
  const before = [...members.keys()];
  const after = [...before.filter(name => !remove.includes(name)), ...add.keys()];
  if (after.length === 0) throw new MembershipError('nobody would be left');
  const all = new Map([...members, ...add]);
  return { epoch: epoch + 1, members: all, joint: { before, after }, carried: [], former };
}

/** With a partition brought over. */
export function withCarried(decided: Decided, partition: number): Decided {
  if (decided.joint === undefined || decided.carried.includes(partition)) return decided;
  return { ...decided, carried: [...decided.carried, partition] };
}

/** The last epoch of a change: those after it, alone. @throws MembershipError while partitions are missing (C3). */
export function settledOf({ epoch, members, joint, carried, former }: Decided): Decided {
  if (joint === undefined) throw new MembershipError('no change is under way');
  const missing = PARTITIONS - carried.length;
  if (missing > 0)
    throw new MembershipError(`${missing} of ${PARTITIONS} partitions were not brought over yet`);
  const after = [...members].filter(([name]) => joint.after.includes(name));
  const gone = [...members].filter(([name]) => !joint.after.includes(name)).map(([, store]) => store);
  return {
    epoch: epoch + 1,
    members: new Map(after),
    joint: undefined,
    carried: [],
    former: [...former, ...gone],
  };
}

/** As the value of the register. */
export function membersValue({ epoch, members, joint, carried, former }: Decided): Value {
  return {
    epoch,
    members: Object.fromEntries(members),
    joint: joint === undefined ? null : { before: [...joint.before], after: [...joint.after] },
    carried: [...carried],
    former: [...former],
  };
}

/** @throws MembershipError for the value of anything else. */
export function decidedOf(value: unknown): Decided {
  const { epoch, members, joint, carried, former = [] } = isPlainObject(value) ? value : {};
  if (typeof epoch !== 'number' || !isPlainObject(members) || !Array.isArray(carried)) throw notOne();
  if (!Array.isArray(former)) throw notOne();
  const stores = Object.entries(members).map(([name, store]) => [name, String(store)] as const);
  return {
    epoch,
    members: new Map(stores),
    joint: jointOf(joint),
    carried: carried.map(Number),
    former: former.map(String),
  };
}

function jointOf(joint: unknown): Joint | undefined {
  if (joint === null) return undefined;
  const { before, after } = isPlainObject(joint) ? joint : {};
  if (!Array.isArray(before) || !Array.isArray(after)) throw notOne();
  return { before: before.map(String), after: after.map(String) };
}

function notOne(): MembershipError {
  return new MembershipError('what was decided is no membership');
}
