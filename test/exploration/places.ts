// Where the one key is, and under which names, while its partition moves from one group of acceptors to another.

import {
  FIRST_GROUP,
  GROUPS_KEY,
  type GroupMap,
  ONE_GROUP,
  type Place,
  placeOf,
  withArrival,
  withGroup,
  withMove,
} from '../../src/protocol/group-map.ts';
import { partitionOf } from '../../src/protocol/partition.ts';
import { nameIn, partitionKey } from '../../src/protocol/stays.ts';
import { at } from './interning.ts';
import { KEY, RETURNED } from './scope.ts';

export const PARTITION = partitionOf(KEY);
export const MAP_KEY = GROUPS_KEY;
const SECOND_GROUP = 'second';

const BEFORE = withGroup(ONE_GROUP, SECOND_GROUP, []);
const ON_ITS_WAY = withMove(BEFORE, PARTITION, SECOND_GROUP);
const MOVED = withArrival(ON_ITS_WAY, PARTITION, placeOf(ON_ITS_WAY, PARTITION));
const ON_ITS_WAY_BACK = withMove(MOVED, PARTITION, FIRST_GROUP);
const BACK = withArrival(ON_ITS_WAY_BACK, PARTITION, placeOf(ON_ITS_WAY_BACK, PARTITION));

/** Those that are decided, one after another; a proposer begins with the first. */
export const MAPS: readonly GroupMap[] = [BEFORE, ON_ITS_WAY, MOVED, ON_ITS_WAY_BACK, BACK];

/** Where the partition is, or is on its way to, by the map of that number. */
export function placeBy(map: number): Place {
  return placeOf(at(MAPS, map), PARTITION);
}

/** Whether the map of that number shows it on its way. */
export function isMoving(map: number): boolean {
  return placeBy(map).from !== undefined;
}

/** The registers that a proposer may work on, each in one group for one stay. */
export const PLACES: readonly { readonly group: string; readonly stay: number; readonly name: string }[] = [
  { group: FIRST_GROUP, stay: 0, name: KEY },
  { group: FIRST_GROUP, stay: 0, name: partitionKey(PARTITION) },
  { group: SECOND_GROUP, stay: 1, name: nameIn(1, KEY) },
  { group: SECOND_GROUP, stay: 1, name: nameIn(1, partitionKey(PARTITION)) },
  { group: FIRST_GROUP, stay: RETURNED, name: nameIn(RETURNED, KEY) },
];

/** As the number of an epoch: each group has one, and acceptors that are in no other. */
export function epochOfGroup(group: string): number {
  return group === FIRST_GROUP ? 1 : 2;
}
