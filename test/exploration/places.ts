// Where the one key is, and under which names, while its partition moves from one group of acceptors to another.

import {
  FIRST_GROUP,
  GROUPS_KEY,
  type GroupMap,
  ONE_GROUP,
  placeOf,
  withArrival,
  withGroup,
  withMove,
} from '../../src/protocol/group-map.ts';
import { partitionOf } from '../../src/protocol/partition.ts';
import { nameIn, partitionKey } from '../../src/protocol/stays.ts';
import { KEY } from './scope.ts';

export const PARTITION = partitionOf(KEY);
export const MAP_KEY = GROUPS_KEY;
const SECOND_GROUP = 'second';

const BEFORE = withGroup(ONE_GROUP, SECOND_GROUP, []);
const ON_ITS_WAY = withMove(BEFORE, PARTITION, SECOND_GROUP);
const MOVED = withArrival(ON_ITS_WAY, PARTITION, placeOf(ON_ITS_WAY, PARTITION));

/** Those that are decided, one after another; a proposer begins with the first. */
export const MAPS = [BEFORE, ON_ITS_WAY, MOVED] as const satisfies readonly GroupMap[];
export type MapNumber = 0 | 1 | 2;

/** The registers that a proposer may work on, each in one group. */
export const PLACES: readonly { readonly group: string; readonly name: string }[] = [
  { group: FIRST_GROUP, name: KEY },
  { group: FIRST_GROUP, name: partitionKey(PARTITION) },
  { group: SECOND_GROUP, name: nameIn(1, KEY) },
];

/** As the number of an epoch: each group has one, and acceptors that are in no other. */
export function epochOfGroup(group: string): number {
  return group === FIRST_GROUP ? 1 : 2;
}
