// The map: which group of acceptors keeps which partition of the keys (G2 to G4). It is the value of a register of the
// first group, so that every move is decided once. Whoever has an old map is told so by a stay that is closed.

import { PARTITIONS } from './partition.ts';
import { isPlainObject, type Value } from './value.ts';

/** The register that the map is decided in. No client can name it. */
export const GROUPS_KEY = '$groups';
/** The group that every cluster begins with. */
export const FIRST_GROUP = 'main';

/** A group keeps a partition for a stay. */
export interface Stay {
  readonly group: string;
  readonly number: number;
}

/** Where a partition is: at a group, and while it is moved what it is brought from. */
export interface Place extends Stay {
  readonly from: Stay | undefined;
}

export interface GroupMap {
  /** The acceptors that form each group. Those of the first are what every process is started with, and not in here. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  /** Names of groups that were let go. Stays of theirs are closed by nobody who is left, so no other group gets the name. */
  readonly gone: readonly string[];
  readonly places: readonly Place[];
}

/** A change of the map that cannot be made; the message says why. */
export class GroupMapError extends Error {}

/** By which a group is told from all others, in messages and files: that of the first is the cluster's. */
export function clusterOf(cluster: string, group: string): string {
  return group === FIRST_GROUP ? cluster : `${cluster}/${group}`;
}

/** The group of which that is the name. */
export function groupOf(cluster: string): string {
  const [, group = FIRST_GROUP] = cluster.split('/');
  return group;
}

const AT_FIRST: Place = { group: FIRST_GROUP, number: 0, from: undefined };

/** Of a cluster that has never had another group. */
export const ONE_GROUP: GroupMap = {
  groups: new Map([[FIRST_GROUP, []]]),
  gone: [],
  places: Array.from({ length: PARTITIONS }, () => AT_FIRST),
};

export function placeOf({ places }: GroupMap, partition: number): Place {
  const place = places[partition];
  if (place === undefined) throw new RangeError(`There is no partition ${partition}`);
  return place;
}

export function sameStay(a: Stay | undefined, b: Stay | undefined): boolean {
  return a?.group === b?.group && a?.number === b?.number;
}

/**
 * The stay of a partition whose registers may be collected at a group: what is on its way there is not all brought yet (G6).
 * Undefined where there is none.
 */
export function collectibleStay(map: GroupMap, group: string, partition: number): number | undefined {
  const place = placeOf(map, partition);
  return place.group === group && place.from === undefined ? place.number : undefined;
}

/**
 * The stays of a partition that are over and brought elsewhere: all below this number (G7). That from which it is on its way is
 * not.
 */
export function endedStays(map: GroupMap, partition: number): number {
  const { number, from } = placeOf(map, partition);
  return from === undefined ? number : from.number;
}

/** The partitions that are under way. */
export function movingIn({ places }: GroupMap): readonly number[] {
  return places.flatMap(({ from }, partition) => (from === undefined ? [] : [partition]));
}

/** Of the partitions that are on their way, how many go from where to where. */
export function movesBetween(map: GroupMap): readonly { from: string; to: string; partitions: number }[] {
  const counts = new Map<string, { from: string; to: string; partitions: number }>();
  for (const { group: to, from } of map.places) {
    if (from === undefined) continue;
    const way = `${from.group} ${to}`;
    counts.set(way, { from: from.group, to, partitions: (counts.get(way)?.partitions ?? 0) + 1 });
  }
  return [...counts.values()];
}

/** How many partitions a group keeps, those on their way to it included, and how many are on their way. */
interface Share {
  readonly partitions: number;
  readonly coming: number;
  readonly going: number;
}

export function shareOf({ places }: GroupMap, name: string): Share {
  const own = places.filter(({ group }) => group === name);
  return {
    partitions: own.length,
    coming: own.filter(({ from }) => from !== undefined).length,
    going: places.filter(({ from }) => from?.group === name).length,
  };
}

/** @throws GroupMapError for a name that is taken. */
export function withGroup(map: GroupMap, name: string, acceptors: readonly string[]): GroupMap {
  if (map.groups.has(name)) throw new GroupMapError(`there is a group ${name} already`);
  if (map.gone.includes(name))
    throw new GroupMapError(`${name} was a group that was let go: a new one needs a name of its own`);
  for (const [other, ids] of map.groups) {
    const twice = ids.find(id => acceptors.includes(id));
    if (twice !== undefined) throw new GroupMapError(`${twice} is an acceptor of the group ${other}`);
  }
  return { ...map, groups: new Map(map.groups).set(name, acceptors) };
}

/** Without a group that keeps nothing. @throws GroupMapError. */
export function withoutGroup(map: GroupMap, name: string): GroupMap {
  if (!map.groups.has(name)) throw new GroupMapError(`there is no group ${name}`);
  if (name === FIRST_GROUP)
    throw new GroupMapError(`the group ${FIRST_GROUP} keeps the map itself and cannot go`);
  const count = map.places.filter(({ group, from }) => group === name || from?.group === name).length;
  if (count > 0) throw new GroupMapError(`the group ${name} keeps ${count} partitions: move them away first`);
  const groups = new Map(map.groups);
  groups.delete(name);
  return { ...map, groups, gone: [...map.gone, name] };
}

/** G2: with the beginning of a move. A partition that is there, or on its way there, stays as it is. @throws GroupMapError. */
export function withMove(map: GroupMap, partition: number, to: string): GroupMap {
  if (!map.groups.has(to)) throw new GroupMapError(`there is no group ${to}`);
  const { group, number, from } = placeOf(map, partition);
  if (group === to) return map;
  if (from !== undefined)
    throw new GroupMapError(`partition ${partition} is on its way to ${group}: that must be finished first`);
  return withPlace(map, partition, { group: to, number: number + 1, from: { group, number } });
}

/** G4: with the end of a move, when every key of it was brought; the map itself when it is not under way. */
export function withArrival(map: GroupMap, partition: number, moved: Place): GroupMap {
  const place = placeOf(map, partition);
  if (!sameStay(place, moved) || place.from === undefined) return map;
  return withPlace(map, partition, { ...place, from: undefined });
}

/** Which partitions go where, so that each of these groups comes to as many as any other, and none is left elsewhere. */
export function evenMoves(map: GroupMap, groups: readonly string[]): ReadonlyMap<number, string> {
  const moves = new Map<number, string>();
  const [first] = groups;
  if (first === undefined) return moves;
  const kept = new Map<string, number[]>(groups.map(name => [name, []]));
  const homeless: number[] = [];
  map.places.forEach(({ group }, partition) => {
    (kept.get(group) ?? homeless).push(partition);
  });
  const share = Math.floor(PARTITIONS / groups.length);
  // Those that have most keep what does not come out even.
  const byCount = [...kept].sort(([, a], [, b]) => b.length - a.length);
  const quota = new Map(
    byCount.map(([name], i) => [name, share + (i < PARTITIONS % groups.length ? 1 : 0)] as const),
  );
  for (const [name, partitions] of byCount) homeless.push(...partitions.splice(quota.get(name) ?? 0));
  for (const [name, partitions] of byCount) {
    const lacking = (quota.get(name) ?? 0) - partitions.length;
    for (const partition of homeless.splice(0, Math.max(0, lacking))) moves.set(partition, name);
  }
  return moves;
}

function withPlace(map: GroupMap, partition: number, place: Place): GroupMap {
  return { ...map, places: map.places.map((other, i) => (i === partition ? place : other)) };
}

/** As the value of the register: a place is `[group, stay]`, and `[group, stay, from group, its stay]` on the way. */
export function groupsValue({ groups, gone, places }: GroupMap): Value {
  return {
    gone: [...gone],
    groups: Object.fromEntries([...groups].map(([name, acceptors]) => [name, [...acceptors]])),
    places: places.map(({ group, number, from }) =>
      from === undefined ? [group, number] : [group, number, from.group, from.number],
    ),
  };
}

/** @throws GroupMapError for the value of anything else. */
export function groupMapOf(value: unknown): GroupMap {
  const { groups, gone, places } = isPlainObject(value) ? value : {};
  if (!isPlainObject(groups) || !Array.isArray(gone)) throw noMap();
  if (!Array.isArray(places) || places.length !== PARTITIONS) throw noMap();
  const acceptors = Object.entries(groups).map(([name, ids]) => {
    if (!Array.isArray(ids)) throw noMap();
    return [name, ids.map(String)] as const;
  });
  return { groups: new Map(acceptors), gone: gone.map(String), places: places.map(readPlace) };
}

function readPlace(candidate: unknown): Place {
  const [group, number, fromGroup, fromNumber] = Array.isArray(candidate) ? candidate : [];
  if (typeof group !== 'string' || typeof number !== 'number') throw noMap();
  if (fromGroup === undefined) return { group, number, from: undefined };
  if (typeof fromGroup !== 'string' || typeof fromNumber !== 'number') throw noMap();
  return { group, number, from: { group: fromGroup, number: fromNumber } };
}

function noMap(): GroupMapError {
  return new GroupMapError('what was decided is no map of groups');
}
