// The scenarios by name.

import { FIRST_GROUP } from '../../src/protocol/group-map.ts';
import { randomScenario } from './random-scenario.ts';
import {
  ACCEPTORS,
  BOTH,
  EAST,
  type Fault,
  isOutage,
  LEAD_MS,
  NATS_SERVERS,
  PROCESS_FAULTS,
  PROPOSERS,
  REST_MS,
  type Scenario,
} from './scenario.ts';

/** After what keeps a machine busy. */
const LONG_REST_MS = 3000;
/** Whose connections stay open is noticed after a second by those that it holds, which may be all of them. */
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
