// How far away another node is: what its soonest answer took.

/** The soonest answer counts for a little more with each that is later: what was near may have gone away. */
const DRIFT_MS = 0.25;

/** @param soonestMs of the answers before; infinite for none */
export function soonestWith(soonestMs: number, tookMs: number): number {
  return Math.min(tookMs, soonestMs + DRIFT_MS);
}
