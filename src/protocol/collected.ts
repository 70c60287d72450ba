// What is left of a register that was deleted and collected: for its partition the highest version, and what late requests
// and rounds of the life that is over must not be told apart from (D3). It is a state like any other, with nothing in it
// but marks; a register without a slot starts from it. Pure; which keys may be collected when is collecting.ts.

import { REMEMBERED_SECONDS } from './register.ts';
import { readNumberedId, SESSION_MARKS_MAX, type SessionMark, withSessions } from './sessions.ts';
import { type RegisterState, UNSET } from './state.ts';

/** An unset register stays for so long after the last change that left it unset: as long as ids are remembered (R1). */
export const UNSET_MS = 1000 * REMEMBERED_SECONDS;
/** Sessions that are remembered of what was collected in a partition, those collected last: each new register there begins with them. */
export const SESSIONS_LEFT_MAX = 8;

/** With the time until which the state stays as it is, when the change from `base` left it unset. */
export function keptFor(state: RegisterState, base: RegisterState, nowSeconds: number): RegisterState {
  if (state === base || state.set) return state;
  return { ...state, untilMs: Math.ceil(1000 * nowSeconds) + UNSET_MS };
}

/** As it is at that time: a variable whose time is over is unset, by one more change (E1). */
export function expired(state: RegisterState, nowSeconds: number): RegisterState {
  const { set, untilMs, version } = state;
  if (!set || untilMs === undefined || 1000 * nowSeconds < untilMs) return state;
  return { ...state, set: false, value: undefined, version: version + 1, untilMs: undefined };
}

/** Whether it is unset, and has been for long enough. What was never a variable stays (D1). */
export function isCollectible(state: RegisterState, nowMs: number): boolean {
  const { kind, set, untilMs, remembered } = state;
  if (set || kind === 'switch' || kind === 'register') return false;
  if (untilMs !== undefined) return untilMs <= nowMs;
  // Of a release that noted no times.
  return remembered.every(({ atSeconds }) => 1000 * atSeconds + UNSET_MS <= nowMs);
}

/** What is left of a state that is collected by a ballot of this counter, in a stay of its partition. */
export function remainsOf(state: RegisterState, counter: number, stay = 0): RegisterState {
  const { version, passes, forgotten } = state;
  const ids = state.remembered.flatMap(({ id }) => readNumberedId(id) ?? []);
  const marks = [
    ...forgotten.map(({ session, ranges }) => upTo(session, ranges.at(-1)?.last ?? 0)),
    ...ids.map(({ session, number }) => upTo(session, number)),
  ];
  return {
    ...UNSET,
    version,
    forgotten: marks.reduce<readonly SessionMark[]>(
      (all, mark) => withSessions(all, [mark], SESSIONS_LEFT_MAX),
      [],
    ),
    passes: { latest: [], dropped: Math.max(passes.dropped, ...passes.latest.map(({ number }) => number)) },
    collected: Math.max(counter, state.collected),
    collectedStay: Math.max(stay, state.collectedStay),
  };
}

/** What is left of both. */
export function withRemains(
  remains: RegisterState,
  more: RegisterState,
  sessionsMax = SESSIONS_LEFT_MAX,
): RegisterState {
  return {
    ...UNSET,
    version: Math.max(remains.version, more.version),
    forgotten: withSessions(remains.forgotten, more.forgotten, sessionsMax),
    passes: { latest: [], dropped: Math.max(remains.passes.dropped, more.passes.dropped) },
    collected: Math.max(remains.collected, more.collected),
    collectedStay: Math.max(remains.collectedStay, more.collectedStay),
  };
}

/** What a register begins with that nothing is accepted for, by a quorum: any of them alone may know of its last life (D3). */
export function remainsAmong(told: readonly RegisterState[]): RegisterState {
  return told.reduce((all, remains) => {
    if (remains === UNSET || remains === all) return all;
    return all === UNSET ? remains : withRemains(all, remains, SESSION_MARKS_MAX);
  }, UNSET);
}

/**
 * All numbers of the session up to this one: those in between that come later are unknown, which they would be only if
 * they were as late as the register was kept.
 */
function upTo(session: string, last: number): SessionMark {
  return { session, ranges: [{ first: 0, last }] };
}
