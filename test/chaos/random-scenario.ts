// A scenario at random: all faults mixed, now and then several at a time, the same for the same seed.

import { randomSource } from '../../src/actors/random.ts';
import {
  ACCEPTORS,
  BOTH,
  EAST_ACCEPTORS,
  type Fault,
  isOneOf,
  LEAD_MS,
  NATS_SERVERS,
  PLACES,
  PROPOSERS,
  REST_MS,
  type Scenario,
  type Step,
} from './scenario.ts';

const FAULTS: readonly Fault[] = ['pause', 'kill', 'restart', 'stall', 'cut', 'flaky', 'slow'];
const FAULT_MS_MIN = 500;
const FAULT_MS_MAX = 4000;
const OUTAGE_SHARE = 0.1;
const OVERLAP_SHARE = 0.4;

export function randomScenario(seed: number, durationMs: number, processFaults: readonly Fault[]): Scenario {
  const random = randomSource(seed);
  const pick = <T>(all: readonly T[], other: T): T => all[Math.floor(random() * all.length)] ?? other;
  const memberFaults = processFaults.filter(fault => fault !== 'rebalance');
  const moved = processFaults.includes('rebalance') ? [...EAST_ACCEPTORS, BOTH] : [];
  const all = [...ACCEPTORS, ...PROPOSERS, ...NATS_SERVERS, ...moved];
  const drafts: Step[] = [];
  for (let atMs = LEAD_MS; ; ) {
    const forMs = Math.round(FAULT_MS_MIN + random() * (FAULT_MS_MAX - FAULT_MS_MIN));
    if (atMs + forMs + 2 * REST_MS > durationMs) break;
    const target = pick(all, 'a1');
    if (target === BOTH)
      drafts.push({
        atMs,
        forMs,
        fault: 'rebalance',
        targets: [pick<string>(PLACES, BOTH)],
        mustServe: true,
      });
    else {
      const group = isOneOf(EAST_ACCEPTORS, target) ? EAST_ACCEPTORS : ACCEPTORS;
      const other = random() < OUTAGE_SHARE ? pick<string>(group, 'a2') : target;
      const targets = [...new Set([target, other])];
      // There is no proxy before a server, only before the nodes.
      const links = targets.some(name => isOneOf(NATS_SERVERS, name)) ? FAULTS.slice(0, 3) : FAULTS;
      const isOneAcceptor = targets.length === 1 && isOneOf(group, target);
      const faults = isOneAcceptor ? [...links, ...memberFaults] : links;
      drafts.push({ atMs, forMs, fault: pick(faults, 'pause'), targets, mustServe: true });
    }
    atMs += random() < OVERLAP_SHARE ? Math.round(forMs / 2) : forMs + Math.round(random() * REST_MS);
  }
  const steps = freeOfClashes(drafts).map(step => ({ ...step, mustServe: isServable(step, drafts) }));
  return { name: 'random', durationMs, steps, restMs: REST_MS, isHot: false };
}

/** A target has one fault at a time: two could not be healed apart. */
function freeOfClashes(steps: readonly Step[]): readonly Step[] {
  const kept: Step[] = [];
  for (const step of steps) {
    const clashes = kept.some(
      other => overlaps(step, other) && step.targets.some(target => other.targets.includes(target)),
    );
    if (!clashes) kept.push(step);
  }
  return kept;
}

/** One fault alone leaves a majority and a proposer; of several at once nothing is asked. */
function isServable(step: Step, all: readonly Step[]): boolean {
  return step.targets.length === 1 && !all.some(other => other.atMs !== step.atMs && overlaps(step, other));
}

/** After a fault has ended its targets take a while to come back. */
function overlaps(a: Step, b: Step): boolean {
  return a.atMs < b.atMs + b.forMs + REST_MS && b.atMs < a.atMs + a.forMs + REST_MS;
}
