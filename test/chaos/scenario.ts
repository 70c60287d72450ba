// Scenarios as data: which faults hit whom, when, and for how long. Knows nothing of how a fault is done, so one
// scenario runs on any driver.

import { FIRST_GROUP } from '../../src/protocol/group-map.ts';

/**
 * `pause` stops a process and lets it go on; `kill` ends it at once and starts it again; `restart` asks it to end.
 * `scale` adds proposers, and takes them away again; of the members, `lose` ends an acceptor with its disk, and makes a
 * fresh one a member in its place, `replace` does that while the old one is up, and `grow` adds one beside it and removes
 * it again. `rebalance` moves partitions between the groups, whoever does it being killed once on the way. Of the link between a node and NATS: `stall` delivers nothing until it heals, `cut` breaks connections and
 * refuses new ones, `flaky` breaks them again and again or loses packets, `slow` delays. And of wall clocks: `jump` puts a
 * process's an hour forward, and back; `skew` kills a process that comes back two minutes ahead for good.
 */
export type Fault =
  | 'pause'
  | 'kill'
  | 'restart'
  | 'scale'
  | 'lose'
  | 'replace'
  | 'grow'
  | 'rebalance'
  | 'stall'
  | 'cut'
  | 'flaky'
  | 'slow'
  | 'jump'
  | 'skew';

export interface Step {
  readonly atMs: number;
  readonly forMs: number;
  readonly fault: Fault;
  /**
   * `a1` to `a3` are acceptors, or what came in their place, and `e1` to `e3` those of the second group; `p1` and `p2`
   * proposers, those above only while `scale` lasts; `n1` to `n3` nats-servers. Of `rebalance`: where all partitions come to
   * be, in `main`, in `east`, or half and half in `both`.
   */
  readonly targets: readonly string[];
  /** Whether clients must be served meanwhile. */
  readonly mustServe: boolean;
}

export interface Scenario {
  readonly name: string;
  readonly durationMs: number;
  readonly steps: readonly Step[];
  /** At least, between the end of one fault and the beginning of another that does not overlap with it. */
  readonly restMs: number;
  /** All clients append to one key, as fast as they are answered, rather than doing everything on a few. */
  readonly isHot: boolean;
  /** Fewer are as good as none (verdict.ts). */
  readonly answersPerSecondMin?: number;
}

export const ACCEPTORS = ['a1', 'a2', 'a3'] as const;
export const EAST_ACCEPTORS = ['e1', 'e2', 'e3'] as const;
export const PROPOSERS = ['p1', 'p2'] as const;
export const NATS_SERVERS = ['n1', 'n2', 'n3'] as const;

export const EAST = 'east';
export const BOTH = 'both';
export const PLACES = [FIRST_GROUP, EAST, BOTH] as const;

/** Before the first fault. */
export const LEAD_MS = 1500;
export const REST_MS = 1500;

/** Only plain processes are given new members while the old ones are up, and another group of them. */
export const PROCESS_FAULTS: readonly Fault[] = ['replace', 'grow', 'rebalance'];
export const CLOCK_FAULTS: readonly Fault[] = ['jump', 'skew'];

/** With two of three acceptors gone a group has no quorum. */
export function isOutage(targets: readonly string[]): boolean {
  return [ACCEPTORS, EAST_ACCEPTORS].some(
    group => targets.filter(target => isOneOf(group, target)).length > 1,
  );
}

export function isOneOf(names: readonly string[], name: string): boolean {
  return names.includes(name);
}

/** Whether there is something in it that is about a second group of acceptors. */
export function needsEast({ steps }: Scenario): boolean {
  return steps.some(
    ({ fault, targets }) => fault === 'rebalance' || targets.some(target => isOneOf(EAST_ACCEPTORS, target)),
  );
}
