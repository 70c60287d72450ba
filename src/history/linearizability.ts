// The linearizability checker. Keys are independent registers, so each is checked alone (Herlihy and Wing's
// locality). Owns the verdict; the search is in search.ts and what is legal is the model's.

import { type Explanation, explanationOf } from './explanation.ts';
import type { Model } from './model.ts';
import type { Operation } from './operations.ts';
import { type Finding, search } from './search.ts';
import { type Timeline, timelineOf } from './timeline.ts';

/**
 * The configurations of one key after which a search gives up. A history whose answers show versions takes
 * about one a change; this many take some 20 seconds and half a gigabyte.
 */
export const CONFIGURATIONS_PER_KEY_MAX = 2_000_000;

/** `configurations` is the work that was done for all keys that were looked at. */
export type Verdict<Call, Outcome> =
  | { readonly kind: 'linearizable'; readonly configurations: number }
  | {
      readonly kind: 'not-linearizable' | 'gave-up';
      readonly configurations: number;
      readonly explanation: Explanation<Call, Outcome>;
    };

export interface CheckOptions {
  /** Default CONFIGURATIONS_PER_KEY_MAX. */
  readonly configurationsPerKeyMax?: number;
}

/**
 * Is there one order of the operations, within their times, in which every answer is right? Operations of
 * unknown outcome may come at any time after their call or never. One bad key decides; a key that was given
 * up does so only when no other is bad. Positions of operations are unique.
 */
export function checkLinearizable<State, Call, Outcome>(
  model: Model<State, Call, Outcome>,
  operations: readonly Operation<Call, Outcome>[],
  { configurationsPerKeyMax = CONFIGURATIONS_PER_KEY_MAX }: CheckOptions = {},
): Verdict<Call, Outcome> {
  let configurations = 0;
  let gaveUp: Explanation<Call, Outcome> | undefined;
  for (const [key, own] of byKey(operations)) {
    const finding = searchInTurns(model, timelineOf(model, own), configurationsPerKeyMax);
    configurations += finding.configurations;
    if (finding.kind === 'linearizable') continue;
    const explanation = explanationOf(model, key, finding);
    if (finding.kind === 'not-linearizable') return { kind: 'not-linearizable', configurations, explanation };
    gaveUp ??= explanation;
  }
  if (gaveUp !== undefined) return { kind: 'gave-up', configurations, explanation: gaveUp };
  return { kind: 'linearizable', configurations };
}

/**
 * Most histories are decided in a small part of the limit. Where many unknown operations make the search wide,
 * it is first asked whether even their taking effect again and again would not help.
 */
function searchInTurns<State, Call, Outcome>(
  model: Model<State, Call, Outcome>,
  timeline: Timeline<Call, Outcome>,
  configurationsMax: number,
): Finding<State, Call, Outcome> {
  const partMax = Math.ceil(configurationsMax / 10);
  const brief = search(model, timeline, { configurationsMax: partMax, times: 'once' });
  if (brief.kind !== 'gave-up') return brief;
  const relaxed = search(model, timeline, { configurationsMax, times: 'any' });
  const configurations = brief.configurations + relaxed.configurations;
  // What the brief search placed is a legal order, which the relaxed one's need not be.
  if (relaxed.kind === 'not-linearizable') return { ...brief, kind: 'not-linearizable', configurations };
  const full = search(model, timeline, { configurationsMax, times: 'once' });
  return { ...full, configurations: configurations + full.configurations };
}

function byKey<Call, Outcome>(
  operations: readonly Operation<Call, Outcome>[],
): ReadonlyMap<string, readonly Operation<Call, Outcome>[]> {
  const keys = new Map<string, Operation<Call, Outcome>[]>();
  for (const operation of operations) {
    const own = keys.get(operation.key);
    if (own === undefined) keys.set(operation.key, [operation]);
    else own.push(operation);
  }
  return keys;
}
