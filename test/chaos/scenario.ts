// Scenarios as data: which faults hit whom, when, and for how long. Knows nothing of how a fault is done, so one
// scenario runs on any driver.

import { randomSource } from '../../src/actors/random.ts';
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
}

export const ACCEPTORS = ['a1', 'a2', 'a3'] as const;
export const EAST_ACCEPTORS = ['e1', 'e2', 'e3'] as const;
export const PROPOSERS = ['p1', 'p2'] as const;
export const NATS_SERVERS = ['n1', 'n2', 'n3'] as const;

export const EAST = 'east';
export const BOTH = 'both';
const PLACES = [FIRST_GROUP, EAST, BOTH] as const;

const LEAD_MS = 1500;
const REST_MS = 1500;
/** After what keeps a machine busy. */
const LONG_REST_MS = 3000;
/** Whose connections stay open is noticed after 2.5 s by those that it holds, which may be all of them. */
const SILENT_SERVER_MS = 4000;

/** A rebalance is meant to take so long, and takes what it takes. */
const MOVE_MS = 3000;
const MOVE_LATER_MS = 500;

/** One fault after another, each followed by a rest. */
function inTurn(
  name: string,
  forMs: number,
  faults: readonly (readonly [Fault, ...string[]])[],
  restMs = REST_MS,
): Scenario {
  let atMs = LEAD_MS;
  const steps = faults.map(([fault, ...targets]) => {
    const isSilentServer = fault === 'pause' && targets.some(target => target.startsWith('n'));
    const mustServe = fault === 'jump' || !isOutage(targets);
    const step = { atMs, forMs: isSilentServer ? SILENT_SERVER_MS : forMs, fault, targets, mustServe };
    atMs += step.forMs + restMs;
    return step;
  });
  return { name, durationMs: atMs + REST_MS, steps, restMs, isHot: false };
}

type Moved = readonly [string, number, Fault, ...string[]];

/** Partitions go to and fro between the groups, each time while something else fails for so long. */
function whileMoving(name: string, moves: readonly Moved[]): Scenario {
  const faults = moves.map(([, , fault, ...targets]) => [fault, ...targets] as const);
  const scenario = inTurn(name, MOVE_MS, faults, LONG_REST_MS);
  let laterMs = 0;
  const steps = scenario.steps.flatMap((step, i) => {
    const [to, forMs] = moves[i] ?? [BOTH, step.forMs];
    const failing = { ...step, atMs: step.atMs + laterMs, forMs };
    laterMs += forMs - step.forMs;
    const move = {
      ...failing,
      atMs: failing.atMs + MOVE_LATER_MS,
      forMs: MOVE_MS,
      fault: 'rebalance',
      targets: [to],
    } as const;
    return [failing, move];
  });
  return { ...scenario, durationMs: scenario.durationMs + laterMs, steps };
}

/** The whole of it as often as fits, at least once. */
function repeated(scenario: Scenario, durationMs: number): Scenario {
  const periodMs = scenario.durationMs - LEAD_MS - REST_MS;
  const times = Math.max(1, Math.floor((durationMs - LEAD_MS - REST_MS) / periodMs));
  const steps = Array.from({ length: times }, (_, i) =>
    scenario.steps.map(step => ({ ...step, atMs: step.atMs + i * periodMs })),
  ).flat();
  return { ...scenario, steps, durationMs: LEAD_MS + times * periodMs + REST_MS };
}

/** With two of three acceptors gone a group has no quorum. */
function isOutage(targets: readonly string[]): boolean {
  return [ACCEPTORS, EAST_ACCEPTORS].some(
    group => targets.filter(target => isOneOf(group, target)).length > 1,
  );
}

function isOneOf(names: readonly string[], name: string): boolean {
  return names.includes(name);
}

/** Whether there is something in it that is about a second group of acceptors. */
export function needsEast({ steps }: Scenario): boolean {
  return steps.some(
    ({ fault, targets }) => fault === 'rebalance' || targets.some(target => isOneOf(EAST_ACCEPTORS, target)),
  );
}

const MIXED: Readonly<Record<string, Scenario>> = {
  brief: inTurn('brief', 1500, [
    ['pause', 'a1'],
    ['kill', 'a2'],
    ['stall', 'a3'],
    ['pause', 'p1'],
    ['kill', 'p2'],
    ['kill', 'n1'],
    ['pause', 'a1', 'a2'],
  ]),
  acceptors: inTurn('acceptors', 3000, [
    ['pause', 'a1'],
    ['kill', 'a2'],
    ['stall', 'a3'],
    ['cut', 'a1'],
    ['slow', 'a2'],
    ['flaky', 'a3'],
  ]),
  proposers: inTurn('proposers', 3000, [
    ['pause', 'p1'],
    ['pause', 'p2'],
    ['kill', 'p1'],
    ['kill', 'p2'],
    ['stall', 'p1'],
    ['cut', 'p2'],
    ['slow', 'p1'],
    ['flaky', 'p2'],
  ]),
  nats: inTurn('nats', 4000, [
    ['kill', 'n1'],
    ['kill', 'n2'],
    ['pause', 'n3'],
  ]),
  outage: inTurn('outage', 3000, [
    ['pause', 'a1', 'a2'],
    ['kill', 'a2', 'a3'],
    ['stall', 'a1', 'a3'],
  ]),
  rolling: inTurn('rolling', 1000, ofEach('restart')),
  operations: inTurn(
    'operations',
    3000,
    [...ofEach('pause'), ...ofEach('kill'), ['scale', 'p3', 'p4'], ['lose', 'a1'], ...ofEach('restart')],
    LONG_REST_MS,
  ),
  members: inTurn('members', 2500, [
    ['replace', 'a1'],
    ['grow', 'a2'],
    ['kill', 'a1'],
    ['replace', 'a2'],
    ['pause', 'p1'],
    ['replace', 'a3'],
    ['lose', 'a2'],
  ]),
};

const GROUPS: Scenario = whileMoving('groups', [
  [EAST, 3000, 'kill', 'e1'],
  [FIRST_GROUP, 8000, 'pause', 'p1'],
  [BOTH, 3000, 'kill', 'a2'],
  [EAST, 3000, 'kill', 'n1'],
  [FIRST_GROUP, 5000, 'pause', 'e2'],
  [BOTH, 3000, 'kill', 'p2'],
  [EAST, 3000, 'replace', 'a3'],
  [FIRST_GROUP, 3000, 'replace', 'e3'],
  [BOTH, 3000, 'pause', 'e1', 'e2'],
]);

function ofEach(fault: Fault): readonly (readonly [Fault, string])[] {
  return [...ACCEPTORS, ...PROPOSERS, ...NATS_SERVERS].map(target => [fault, target]);
}

/** Needs libfaketime. nats-server asks the system for the time without it. */
const CLOCKS: Scenario = inTurn('clocks', 2000, [
  ['jump', 'a1'],
  ['jump', 'p1'],
  ['jump', 'a2', 'a3'],
  ['jump', 'p1', 'p2'],
  ['skew', 'p1'],
  ['skew', 'a1'],
  ['jump', 'p1'],
]);

/** Only plain processes are given new members while the old ones are up, and another group of them. */
export const PROCESS_FAULTS: readonly Fault[] = ['replace', 'grow', 'rebalance'];
export const CLOCK_FAULTS: readonly Fault[] = ['jump', 'skew'];

/** Requests linger in a paused proposer for longer than the register remembers their ids (R1, limit). */
const HOT: Scenario = { ...inTurn('hot', 3000, [['pause', 'p1']]), isHot: true };

export const SCENARIO_NAMES = [...Object.keys(MIXED), CLOCKS.name, HOT.name, GROUPS.name, 'random'];

/**
 * `seed` is that of `random` alone; the others are repeated. @returns undefined when there is none of that name.
 * @param processFaults those of PROCESS_FAULTS that `random` may have
 */
export function scenarioNamed(
  name: string,
  seed: number,
  durationMs: number,
  processFaults: readonly Fault[] = PROCESS_FAULTS,
): Scenario | undefined {
  if (name === 'random') return randomScenario(seed, durationMs, processFaults);
  const scenario = [HOT, CLOCKS, GROUPS].find(other => other.name === name) ?? MIXED[name];
  return scenario === undefined ? undefined : repeated(scenario, durationMs);
}

const FAULTS: readonly Fault[] = ['pause', 'kill', 'restart', 'stall', 'cut', 'flaky', 'slow'];
const FAULT_MS_MIN = 500;
const FAULT_MS_MAX = 4000;
const OUTAGE_SHARE = 0.1;
const OVERLAP_SHARE = 0.4;

/** All faults mixed, now and then several at a time, the same for the same seed. */
function randomScenario(seed: number, durationMs: number, processFaults: readonly Fault[]): Scenario {
  const random = randomSource(seed);
  const pick = <T>(all: readonly T[], other: T): T => all[Math.floor(random() * all.length)] ?? other;
  const memberFaults = processFaults.filter(fault => fault !== 'rebalance');
  const moved = processFaults.includes('rebalance') ? [...EAST_ACCEPTORS, ...PLACES] : [];
  const all = [...ACCEPTORS, ...PROPOSERS, ...NATS_SERVERS, ...moved];
  const drafts: Step[] = [];
  for (let atMs = LEAD_MS; ; ) {
    const forMs = Math.round(FAULT_MS_MIN + random() * (FAULT_MS_MAX - FAULT_MS_MIN));
    if (atMs + forMs + 2 * REST_MS > durationMs) break;
    const target = pick(all, 'a1');
    if (isOneOf(PLACES, target))
      drafts.push({ atMs, forMs, fault: 'rebalance', targets: [target], mustServe: true });
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
