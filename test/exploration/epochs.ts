// The epochs of a scope: who is a member in each, and which acceptors nothing but their names tells apart.

import { type Configuration, FIRST_EPOCH } from '../../src/protocol/quorum.ts';
import { at } from './interning.ts';
import type { Permutation } from './renaming.ts';
import type { Scope } from './scope.ts';

export const JOINT_EPOCH = FIRST_EPOCH + 1;
export const LAST_EPOCH = JOINT_EPOCH + 1;

/** In order, from the first one. */
export type Epochs = readonly Configuration[];

/** Groups have an epoch each, which nobody leaves. */
export function epochsOf({ change, move }: Scope, acceptors: readonly string[]): Epochs {
  const cluster = 'explored';
  if (move !== undefined)
    return move.groups.map((group, i) => ({ cluster, epoch: FIRST_EPOCH + i, acceptors: group }));
  if (change === undefined) return [{ cluster, epoch: FIRST_EPOCH, acceptors }];
  const { before, after } = change;
  return [
    { cluster, epoch: FIRST_EPOCH, acceptors: before },
    { cluster, epoch: JOINT_EPOCH, acceptors, joint: { before, after } },
    { cluster, epoch: LAST_EPOCH, acceptors: after },
  ];
}

export function configurationIn(epochs: Epochs, epoch: number): Configuration {
  return at(epochs, epoch - FIRST_EPOCH);
}

/** For each acceptor the epochs that it is a member in, as text. */
export function rolesOf(epochs: Epochs, acceptors: readonly string[]): readonly string[] {
  return acceptors.map(acceptor => epochs.map(epoch => epoch.acceptors.includes(acceptor)).join());
}

/** Whether it leaves every acceptor in a place of its role. */
export function keepsRoles(roles: readonly string[], permutation: Permutation): boolean {
  return permutation.every((before, place) => roles[before] === roles[place]);
}
