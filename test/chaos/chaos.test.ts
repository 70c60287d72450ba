// Faults on real processes under load, briefly; `npm run chaos` does more of it. And the judges, with what they must
// catch.

import test from 'ava';
import type { HistoryEvent } from '../../src/history/history.ts';
import { longestGap } from './gaps.ts';
import { Processes } from './processes.ts';
import { runScenario } from './run.ts';
import { SCENARIO_NAMES, scenarioNamed } from './scenarios.ts';
import { idleness, linearizability, tokens } from './verdict.ts';

const SEED = Number(process.env.SYNOD_SEED ?? Math.floor(Math.random() * 1e6));

test('chaos: nothing is lost, applied twice or out of order while members pause and die', async t => {
  t.log(`repeat: npm run chaos -- --scenario brief --seed ${SEED}`);
  const scenario = scenarioNamed('brief', SEED, 0);
  if (scenario === undefined) throw new Error('There is no scenario brief');
  const patient = { ...scenario, answersPerSecondMin: 1 };
  const { problems, recorder, guarded, banked } = await runScenario(new Processes(), patient, SEED);
  t.log({ guarded, banked });
  t.deepEqual(problems, []);
  t.true(recorder.samples.some(({ client }) => client === 'final'));
});

test('a random scenario is the same for the same seed, and heals before its end', t => {
  const scenario = scenarioNamed('random', 7, 60_000);
  t.deepEqual(scenario, scenarioNamed('random', 7, 60_000));
  t.notDeepEqual(scenario?.steps, scenarioNamed('random', 8, 60_000)?.steps);
  t.true((scenario?.steps.length ?? 0) > 5);
  t.true(scenario?.steps.every(({ atMs, forMs }) => atMs + forMs < 60_000));
});

test('a random scenario moves keys between groups where the driver can', t => {
  const faultsOf = (...faults: Parameters<typeof scenarioNamed>): readonly string[] =>
    scenarioNamed(...faults)?.steps.map(({ fault }) => fault) ?? [];
  t.true(faultsOf('random', 7, 600_000).includes('rebalance'));
  t.false(faultsOf('random', 7, 600_000, []).includes('rebalance'));
});

test('a scenario that is not random is repeated as often as fits into the minutes, at least once', t => {
  const once = scenarioNamed('hot', 1, 0);
  const more = scenarioNamed('hot', 1, 60_000);
  t.deepEqual(
    once?.steps.map(({ atMs }) => atMs),
    [1500],
  );
  t.deepEqual(
    more?.steps.map(({ atMs }) => atMs),
    Array.from({ length: 12 }, (_, i) => 1500 + 4500 * i),
  );
  t.is(more?.durationMs, 57_000);
  for (const name of SCENARIO_NAMES)
    t.true((scenarioNamed(name, 1, 300_000)?.durationMs ?? 0) > 100_000, name);
});

const common = { process: 1, key: 'l', time: 0, operation: 'variable.change' } as const;
const append: HistoryEvent = { ...common, type: 'invoke', change: 'append', args: ['t'] };
const read = { process: 2, key: 'l', time: 0, operation: 'variable.read' } as const;

function ended(type: 'ok' | 'fail' | 'info', value: string[] | undefined): readonly HistoryEvent[] {
  const done: HistoryEvent =
    type === 'ok'
      ? { ...common, type, set: true, version: 1, value: ['t'] }
      : { ...common, type, error: 'no_quorum' };
  const shown = value === undefined ? { set: false, version: 0 } : { set: true, version: 1, value };
  return [append, done, { ...read, type: 'invoke' }, { ...read, type: 'ok', ...shown }];
}

test('tokens() catches an acknowledged one that is lost or there twice, and a failed one that is there', t => {
  t.deepEqual(tokens(ended('ok', ['t'])), []);
  t.deepEqual(tokens(ended('info', [])), []);
  t.deepEqual(tokens(ended('info', ['t'])), []);
  t.is(tokens(ended('ok', [])).length, 1);
  t.is(tokens(ended('ok', undefined)).length, 1);
  t.is(tokens([...ended('ok', ['t']), ...ended('ok', undefined).slice(2)]).length, 1);
  t.is(tokens(ended('ok', ['t', 't'])).length, 1);
  t.is(tokens(ended('info', ['t', 't'])).length, 1);
  t.is(tokens(ended('fail', ['t'])).length, 1);
});

test('linearizability() catches a lost append', t => {
  t.deepEqual(linearizability(ended('ok', ['t'])), []);
  t.is(linearizability(ended('ok', ['other'])).length, 1);
});

const step = { fault: 'pause', targets: ['a1'], mustServe: true } as const;
const COURSE = {
  taken: [{ step, fromMs: 3000, struckMs: 3100, untilMs: 5000, healedMs: 5100 }],
  durationMs: 9000,
};

function answers(isAt: (ms: number) => boolean): Parameters<typeof idleness>[0] {
  return Array.from({ length: 900 }, (_, i) => i * 10)
    .filter(isAt)
    .map(ms => ({ client: 'c', operation: 'variable.read', startMs: ms, endMs: ms, outcome: 'answered' }));
}

test('idleness() catches a run that did nothing before, during or after a fault', t => {
  const found = (isAt: (ms: number) => boolean): readonly string[] => idleness(answers(isAt), COURSE);
  t.deepEqual(
    found(() => true),
    [],
  );
  t.is(found(ms => ms > 3000).length, 1);
  t.is(found(ms => ms < 3100 || ms > 5000).length, 1);
  t.is(found(ms => ms < 6000).length, 1);
});

test('idleness() asks for answers between one fault and the next, once the first is over', t => {
  const next = { ...step, mustServe: false };
  const [first] = COURSE.taken;
  const second = { step: next, fromMs: 7200, struckMs: 7200, untilMs: 7500, healedMs: 7500 };
  const taken = first === undefined ? [] : [first, second];
  const isNotBetween = (ms: number): boolean => ms < 6100 || ms >= 7200;
  t.is(idleness(answers(isNotBetween), { ...COURSE, taken }).length, 1);
  const longer = taken.map(each => ({ ...each, healedMs: 7500 }));
  t.deepEqual(idleness(answers(isNotBetween), { ...COURSE, taken: longer }), []);
});

test('longestGap() finds the gap of one client among others that are served', t => {
  const others = answers(() => true);
  const silent = answers(ms => ms < 4000 || ms >= 5000).map(sample => ({ ...sample, client: 'd' }));
  const gap = longestGap([...others, ...silent], 3000, 6000);
  t.deepEqual(gap, { client: 'd', fromMs: 3990, ms: 1010 });
});
