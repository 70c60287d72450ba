// How a register's state travels and is stored: a MessagePack array that begins with the number of its
// format, so that a newer program knows an older one's states and an older one refuses a newer one's.

import { isCollectible, withRemains } from '../protocol/collected.ts';
import { NO_PASSES, type Pass, type PassMarks } from '../protocol/passes.ts';
import type { Range, SessionMark } from '../protocol/sessions.ts';
import type { Ended, Kind, RefusalCode, RegisterState, Remembered, RoundMark } from '../protocol/state.ts';
import { checkValue, type Value } from '../protocol/value.ts';
import { pack, unpack } from './msgpack.ts';
import { shown } from './shown.ts';

/**
 * What is written. Earlier ones are read for ever: 1 had no passes, 2 no forgotten ids, 3 no times and nothing collected, 4
 * no stay in which that was. What is of no stay but the first is written as 4.
 */
const FORMAT = 5;
const FORMAT_OF_ONE_GROUP = 4;
const FORMATS = [1, 2, 3, FORMAT_OF_ONE_GROUP, FORMAT];
const REFUSALS: readonly RefusalCode[] = [
  'conflict',
  'already_written',
  'wrong_kind',
  'rejected',
  'too_large',
];
const KINDS: readonly Kind[] = ['switch', 'register', 'variable'];

/** A state that this program cannot read: damaged, or written by a newer program. */
export class StateFormatError extends Error {
  constructor(why: string) {
    super(`Cannot read the state of a register: ${why}`);
    this.name = 'StateFormatError';
  }
}

/**
 * `[format, kind, version, set, value, remembered, rounds, passes, dropped pass, forgotten, until, collected, stay]`, unset
 * values and times as nil, without the stay in format 4.
 */
export function encodeState(state: RegisterState): Uint8Array {
  const kind = state.kind === undefined ? -1 : KINDS.indexOf(state.kind);
  const remembered = state.remembered.map(rememberedItem);
  const rounds = state.rounds.map(({ proposer, counter }) => [proposer, counter]);
  const { latest, dropped } = state.passes;
  const passes = latest.map(({ router, number }) => [router, number]);
  const { version, set, value = null } = state;
  const forgotten = state.forgotten.map(sessionItem);
  const { untilMs = null, collected, collectedStay } = state;
  const lives = collectedStay === 0 ? [untilMs, collected] : [untilMs, collected, collectedStay];
  const format = collectedStay === 0 ? FORMAT_OF_ONE_GROUP : FORMAT;
  return pack([format, kind, version, set, value, remembered, rounds, passes, dropped, forgotten, ...lives]);
}

/** @throws StateFormatError for anything that encodeState did not write. */
export function decodeState(bytes: Uint8Array): RegisterState {
  const unpacked = unpack(bytes);
  if (unpacked.kind === 'refused') throw new StateFormatError(unpacked.why);
  const fields = list(unpacked.value, 'the state');
  const format = FORMATS.find(known => known === fields[0]);
  if (format === undefined)
    throw new StateFormatError(`format ${shown(fields[0])}, this program reads up to ${FORMAT}`);
  const [, kind, version, set, value, remembered, rounds, passes, dropped, forgotten, untilMs, ...lives] =
    fields;
  const [collected, collectedStay] = lives;
  const isSet = set === true;
  const kindIndex = whole(kind, 'kind', -1);
  return {
    kind: KINDS[kindIndex],
    version: whole(version, 'version'),
    set: isSet,
    value: isSet && KINDS[kindIndex] !== 'switch' ? storedValue(value) : undefined,
    remembered: list(remembered, 'the remembered ids').map(rememberedOf),
    forgotten: format < 3 ? [] : list(forgotten, 'the forgotten ids').map(sessionOf),
    rounds: list(rounds, 'the rounds').map(roundOf),
    passes: format < 2 ? NO_PASSES : passesOf(passes, dropped),
    untilMs: format < 4 || untilMs === null ? undefined : whole(untilMs, 'its time'),
    collected: format < 4 ? 0 : whole(collected, 'what was collected'),
    collectedStay: format < 5 ? 0 : whole(collectedStay, 'the stay of what was collected'),
  };
}

/** What a collector wants to know of a register. */
interface Due {
  /** It is unset, and will be collected. */
  readonly isUnset: boolean;
  /** It may be collected, or be made unset, by now. */
  readonly isOver: boolean;
}

const NOT_DUE: Due = { isUnset: false, isOver: false };

/** By an accepted value. What a newer program wrote is not told. */
export function dueOf(bytes: Uint8Array, nowMs: number): Due {
  if (bytes.length === 0) return NOT_DUE;
  try {
    const state = decodeState(bytes);
    const isExpired = state.set && state.untilMs !== undefined && state.untilMs <= nowMs;
    return {
      isUnset: isCollectible(state, Number.POSITIVE_INFINITY),
      isOver: isExpired || isCollectible(state, nowMs),
    };
  } catch (error) {
    if (error instanceof StateFormatError) return NOT_DUE;
    throw error;
  }
}

/** What is left of collected registers, by both; the same bytes where the second has nothing new. Empty bytes are nothing. */
export function mergedRemains(remains: Uint8Array, more: Uint8Array): Uint8Array {
  if (more.length === 0) return remains;
  if (remains.length === 0) return more;
  const merged = encodeState(withRemains(decodeState(remains), decodeState(more)));
  return Buffer.compare(merged, remains) === 0 ? remains : merged;
}

/** `[id, seconds, version]`, with the result of a named change behind it, or `[id, seconds, code of the refusal]`. */
function rememberedItem({ id, atSeconds, ended }: Remembered): readonly unknown[] {
  if (ended.kind === 'refused') return [id, atSeconds, ended.code];
  return ended.result === undefined
    ? [id, atSeconds, ended.version]
    : [id, atSeconds, ended.version, ended.result];
}

function rememberedOf(entry: unknown): Remembered {
  const [id, atSeconds, end, result] = list(entry, 'a remembered id');
  return {
    id: text(id, 'a remembered id'),
    atSeconds: whole(atSeconds, 'the time of a remembered id'),
    ended: endedOf(end, result),
  };
}

function endedOf(end: unknown, result: unknown): Ended {
  const code = REFUSALS.find(refusal => refusal === end);
  if (code !== undefined) return { kind: 'refused', code };
  const version = whole(end, 'the version of a remembered id');
  return { kind: 'done', version, result: result === undefined ? undefined : storedValue(result) };
}

/**
 * `[session, number, length, gap, length, …]`: the first forgotten number, and by turns how many more follow it in
 * its range and how many are left out before the next range begins. Small numbers take one byte.
 */
function sessionItem({ session, ranges }: SessionMark): readonly unknown[] {
  let end = 0;
  const steps = ranges.flatMap(({ first, last }) => {
    const item = [first - end, last - first];
    end = last;
    return item;
  });
  return [session, ...steps];
}

function sessionOf(entry: unknown): SessionMark {
  const [session, ...steps] = list(entry, 'a session');
  const ranges: Range[] = [];
  let end = 0;
  for (let i = 0; i < steps.length; i += 2) {
    const first = end + whole(steps[i], 'a step to forgotten ids');
    end = first + whole(steps[i + 1], 'a range of forgotten ids');
    ranges.push({ first, last: end });
  }
  return { session: text(session, 'a session'), ranges };
}

function roundOf(entry: unknown): RoundMark {
  const [proposer, counter] = list(entry, 'a round');
  return {
    proposer: text(proposer, 'the proposer of a round'),
    counter: whole(counter, 'the counter of a round'),
  };
}

function passesOf(passes: unknown, dropped: unknown): PassMarks {
  return {
    latest: list(passes, 'the passes').map(passOf),
    dropped: whole(dropped, 'the dropped pass'),
  };
}

function passOf(entry: unknown): Pass {
  const [router, number] = list(entry, 'a pass');
  return { router: text(router, 'the router of a pass'), number: whole(number, 'the number of a pass') };
}

function list(candidate: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(candidate)) throw new StateFormatError(`${what} is no array`);
  return candidate;
}

function whole(candidate: unknown, what: string, min = 0): number {
  if (typeof candidate === 'number' && Number.isSafeInteger(candidate) && candidate >= min) return candidate;
  throw new StateFormatError(`${what} is ${shown(candidate)}`);
}

function text(candidate: unknown, what: string): string {
  if (typeof candidate === 'string') return candidate;
  throw new StateFormatError(`${what} is no string`);
}

function storedValue(candidate: unknown): Value {
  const check = checkValue(candidate);
  if (check.kind === 'value') return check.value;
  throw new StateFormatError(`its value ${check.why}`);
}
