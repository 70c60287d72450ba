// The one clock. Wall-clock time as it was when the process started, carried on by the steady clock: later
// jumps of the wall clock move no deadline.

export interface Clock {
  /** Milliseconds since 1970, never going backwards. */
  nowMs(): number;
}

export function systemClock(): Clock {
  const offsetMs = Date.now() - performance.now();
  return { nowMs: () => offsetMs + performance.now() };
}
