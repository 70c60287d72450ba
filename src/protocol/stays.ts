// Stays: each time that a partition is kept by a group of acceptors is a stay, with a number of its own. The registers of
// a stay have names that no other stay has, so that what a group kept once is not met when the partition comes back. The
// names of stay 0 are the keys themselves. Pure names; where a partition is, is group-map.ts.

const STAY_MARK = '$';
const PARTITION_MARK = '!';

const MARK_CODE = 36;
const DIGIT_CODE_MIN = 48;
const DIGIT_CODE_MAX = 57;

/** Under which name a register of this key is kept in a stay. */
export function nameIn(stay: number, key: string): string {
  return stay === 0 ? key : STAY_MARK + stay + STAY_MARK + key;
}

/** What is asked to close a stay when there is no key to be asked for. */
export function partitionKey(partition: number): string {
  return PARTITION_MARK + partition;
}

/** The partition whose key that is, as it is written; undefined for any other key. */
export function partitionOfKey(key: string): number | undefined {
  if (!key.startsWith(PARTITION_MARK)) return undefined;
  const partition = Number(key.slice(PARTITION_MARK.length));
  return Number.isInteger(partition) && partitionKey(partition) === key ? partition : undefined;
}

/** The key that has this name in a stay. */
export function keyIn(name: string): string {
  return isOfLaterStay(name) ? name.slice(name.indexOf(STAY_MARK, 1) + 1) : name;
}

/** The stay that a name is of; undefined for the cluster's own registers, which do not move. */
export function stayOf(name: string): number | undefined {
  if (name.charCodeAt(0) !== MARK_CODE) return 0;
  return isOfLaterStay(name) ? Number(name.slice(1, name.indexOf(STAY_MARK, 1))) : undefined;
}

/** Whether a register is the cluster's own: no client can name it. */
export function isOwn(name: string): boolean {
  return stayOf(name) === undefined;
}

/** What the names of a stay begin with. */
export function prefixOfStay(stay: number): string {
  return nameIn(stay, '');
}

/** Whether the names of a stay end before this one, in their order: those of a later stay lie together, and keys come last. */
export function isPastStay(stay: number, name: string): boolean {
  return stay > 0 && !name.startsWith(prefixOfStay(stay));
}

/** A name after all of a stay but the first, in their order, and before what comes next. */
export function endOfStay(stay: number): string {
  return `${prefixOfStay(stay)}\u007f`;
}

function isOfLaterStay(name: string): boolean {
  if (name.charCodeAt(0) !== MARK_CODE) return false;
  const code = name.charCodeAt(1);
  return code >= DIGIT_CODE_MIN && code <= DIGIT_CODE_MAX && name.indexOf(STAY_MARK, 1) > 0;
}

/** Up to which stay each partition is closed at an acceptor; one that is missing is not (G1). */
export type ClosedStays = ReadonlyMap<number, number>;

export const NOTHING_CLOSED: ClosedStays = new Map();

/** Whether the stay with that number is closed: a later one closes all before it. */
export function isClosed(closed: ClosedStays, partition: number, stay: number): boolean {
  return stay <= (closed.get(partition) ?? -1);
}

/** The same map when that was closed before. */
export function withClosed(closed: ClosedStays, partition: number, stay: number): ClosedStays {
  return isClosed(closed, partition, stay) ? closed : new Map(closed).set(partition, stay);
}
