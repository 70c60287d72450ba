// Sessions: clients that number their requests. Their ids are `~session.number`, and a register's state can tell in a
// few bytes which numbers it has forgotten, as receivers of packets tell replays by a window (RFC 4303, 3.4.3). Such a
// request is applied once, however late an attempt of it comes (R4).

export interface NumberedId {
  readonly session: string;
  readonly number: number;
}

/** Numbers from `first` to `last`, both included. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** The numbers of a session that were forgotten, in ascending ranges: perhaps too many, and never too few. */
export interface SessionMark {
  readonly session: string;
  readonly ranges: readonly Range[];
}

/** Marks of so many sessions are kept in the state of a register, those of whom something was forgotten last. */
export const SESSION_MARKS_MAX = 32;
/** One range more makes the lowest two one: what is between them is an attempt that came late by thousands, or never. */
export const RANGES_MAX = 64;

/** 2^53 has more digits. A number has one spelling, or two ids would be one request. */
const NUMBERED = /^~([\w-]{1,32})\.(0|[1-9a-z][0-9a-z]{0,9})$/;

/** @param number a whole number from 0 to 36^10. */
export function numberedId({ session, number }: NumberedId): string {
  return `~${session}.${number.toString(36)}`;
}

/** @returns undefined for an id in a form of the client's own. */
export function readNumberedId(id: string): NumberedId | undefined {
  const [, session, digits] = NUMBERED.exec(id) ?? [];
  if (session === undefined || digits === undefined) return undefined;
  return { session, number: Number.parseInt(digits, 36) };
}

/** Whether the request with this id may have been remembered once. */
export function isForgotten(marks: readonly SessionMark[], id: string): boolean {
  if (marks.length === 0) return false;
  const numbered = readNumberedId(id);
  if (numbered === undefined) return false;
  const mark = marks.find(({ session }) => session === numbered.session);
  return mark?.ranges.some(({ first, last }) => first <= numbered.number && numbered.number <= last) ?? false;
}

/** The marks once this id is remembered no longer. */
export function withForgotten(marks: readonly SessionMark[], id: string): readonly SessionMark[] {
  const numbered = readNumberedId(id);
  if (numbered === undefined) return marks;
  const { session, number } = numbered;
  const others = marks.filter(mark => mark.session !== session);
  const ranges = marks.find(mark => mark.session === session)?.ranges ?? [];
  return [...others.slice(1 - SESSION_MARKS_MAX), { session, ranges: withNumber(ranges, number) }];
}

/** Both: all numbers that are forgotten in either, the sessions of `more` behind those that it does not name. */
export function withSessions(
  marks: readonly SessionMark[],
  more: readonly SessionMark[],
  sessionsMax = SESSION_MARKS_MAX,
): readonly SessionMark[] {
  if (more.length === 0 && marks.length <= sessionsMax) return marks;
  const ours = marks.filter(({ session }) => !more.some(mark => mark.session === session));
  const theirs = more.map(({ session, ranges }) => {
    const own = marks.find(mark => mark.session === session);
    return { session, ranges: own === undefined ? ranges : united([...own.ranges, ...ranges]) };
  });
  return [...ours, ...theirs].slice(-sessionsMax);
}

function united(ranges: readonly Range[]): readonly Range[] {
  const joined: Range[] = [];
  for (const range of ranges.toSorted((a, b) => a.first - b.first)) {
    const last = joined.at(-1);
    if (last === undefined || range.first > last.last + 1) joined.push(range);
    else joined[joined.length - 1] = { first: last.first, last: Math.max(last.last, range.last) };
  }
  const surplus = Math.max(0, joined.length - RANGES_MAX);
  const [lowest, ...others] = joined.slice(surplus);
  return lowest === undefined
    ? []
    : [{ first: joined[0]?.first ?? lowest.first, last: lowest.last }, ...others];
}

function withNumber(ranges: readonly Range[], number: number): readonly Range[] {
  const below = ranges.filter(({ last }) => last < number - 1);
  const above = ranges.filter(({ first }) => first > number + 1);
  const touching = ranges.slice(below.length, ranges.length - above.length);
  const first = Math.min(number, ...touching.map(range => range.first));
  const last = Math.max(number, ...touching.map(range => range.last));
  return bounded([...below, { first, last }, ...above]);
}

function bounded(ranges: readonly Range[]): readonly Range[] {
  const [lowest, next, ...others] = ranges;
  if (ranges.length <= RANGES_MAX || lowest === undefined || next === undefined) return ranges;
  return [{ first: lowest.first, last: next.last }, ...others];
}
