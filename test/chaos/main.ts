// `npm run chaos -- --seed N [--minutes M] [--scenario NAME] [--driver NAME] [--out DIR]`: faults on a real cluster under
// load, and a verdict. Writes the history, a summary and a timeline. The seed repeats faults and requests; how processes and
// messages take turns is the machine's. `--damage all|KIND [--positions N]` damages the files of one acceptor instead.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Containers, containersProblem } from './containers.ts';
import { CLUSTER_DAMAGES } from './damage-kinds.ts';
import type { DamageCase, DamageResult } from './damage-run.ts';
import { damageCases, printReport, tryAll } from './damage-table.ts';
import { Processes } from './processes.ts';
import { loadOf, writeRun } from './report.ts';
import { runScenario } from './run.ts';
import { CLOCK_FAULTS, needsEast, PROCESS_FAULTS, type Scenario } from './scenario.ts';
import { SCENARIO_NAMES, scenarioNamed } from './scenarios.ts';
import { nameOf } from './verdict.ts';
import { clocksProblem } from './wall-clocks.ts';

/** Of a failure the file has all. */
const PRINTED_MAX = 4000;
const USAGE = `Usage: npm run chaos -- [--seed N] [--minutes M] [--scenario NAME] [--out DIR]
                      [--driver processes|containers [--built]]
       npm run chaos -- --damage all|KIND [--positions N] [--seed N]
NAME is one of: ${SCENARIO_NAMES.join(', ')}.
random, the default, lasts M minutes (1); the others are repeated until then, and done once without it.
KIND is one of: ${CLUSTER_DAMAGES.map(({ kind }) => kind).join('; ')}.

--driver containers takes those of docker-compose.yml, and builds their image first; --built takes the one that is there.
It has all faults but the clocks: containers share that of the machine. stall, flaky and slow need root, nsenter, iptables
and tc on the machine of the engine: nothing passes; every fifth packet is lost; 64 kbit/s are left to the node.`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    minutes: { type: 'string' },
    driver: { type: 'string', default: 'processes' },
    built: { type: 'boolean', default: false },
    scenario: { type: 'string', default: 'random' },
    help: { type: 'boolean', default: false },
    out: { type: 'string' },
    damage: { type: 'string' },
    positions: { type: 'string', default: '4' },
  },
});
const { driver } = values;
const isOfContainers = driver === 'containers';
const seed = Number(values.seed);
const minutes = Number(values.minutes ?? (values.scenario === 'random' ? 1 : 0));
const cases =
  values.damage === undefined ? undefined : damageCases(values.damage, seed, Number(values.positions));
const scenario = scenarioNamed(values.scenario, seed, minutes * 60_000, isOfContainers ? [] : PROCESS_FAULTS);
const isDriver = isOfContainers || driver === 'processes';
if (values.help) console.log(USAGE);
else if (
  !isDriver ||
  scenario === undefined ||
  !Number.isSafeInteger(seed) ||
  !(minutes >= 0) ||
  cases?.length === 0
) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  process.exitCode = (await (cases === undefined ? faults(scenario) : damages(cases))) ? 0 : 1;
}

/** @returns whether all went well. */
async function faults(scenario: Scenario): Promise<boolean> {
  const lasting = minutes > 0 ? ` --minutes ${minutes}` : '';
  const again = `npm run chaos -- --driver ${driver}${values.built ? ' --built' : ''} --seed ${seed}${lasting} --scenario ${scenario.name}`;
  console.log(`repeat: ${again}`);
  const hasClocks = scenario.steps.some(({ fault }) => CLOCK_FAULTS.includes(fault));
  const missing = isOfContainers ? containersProblem() : hasClocks ? clocksProblem() : undefined;
  if (missing !== undefined) {
    console.log(`skipped: ${missing}`);
    return true;
  }
  const cluster = isOfContainers
    ? new Containers({ isBuilt: values.built })
    : new Processes({ hasClocks, hasEast: needsEast(scenario) });
  for (const { fault } of scenario.steps) {
    const why = cluster.whyNot(fault);
    if (why === undefined) continue;
    console.error(`The driver of ${driver} cannot ${fault}, so it cannot run ${scenario.name}: ${why}.`);
    return false;
  }
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => void cluster.stop().finally(() => process.exit(130)));
  let done = 0;
  const run = await runScenario(cluster, scenario, seed, ({ step, healedMs }) => {
    done += 1;
    console.error(`${(healedMs / 1000).toFixed(1)} s: ${done} of ${scenario.steps.length}, ${nameOf(step)}`);
  });
  const directory = values.out ?? join('.synod', 'chaos', `${scenario.name}-${seed}`);
  const summary = writeRun(directory, { scenario, seed, again }, run);
  console.log(`${summary.slice(0, PRINTED_MAX)}written to ${directory}`);
  return run.problems.length === 0;
}

async function damages(all: readonly DamageCase[]): Promise<boolean> {
  const repeat = `npm run chaos -- --damage '${values.damage}' --positions ${values.positions} --seed ${seed}`;
  console.log(`${repeat}\n${all.length} cases, about 12 s each on a quiet machine`);
  const report = await tryAll(all, (done, { damage, seed: own }, result) => {
    console.log(`${done} of ${all.length}: ${damage.kind}, seed ${own}: ${damageLine(result)}`);
  });
  console.log(`\n${printReport(report)}\nload average ${loadOf()}`);
  return report.results.length > 0 && report.results.every(({ problems }) => problems.length === 0);
}

function damageLine(result: DamageResult | string): string {
  if (typeof result === 'string') return `not tried: ${result}`;
  const { found, mended, said, lost, stale, problems } = result;
  const undone = mended === undefined ? '' : `; once undone: ${mended}`;
  const why = found === 'harmless' ? '' : `\n    ${said.slice(0, PRINTED_MAX)}`;
  const failed = problems.map(problem => `\n    FAILED: ${problem.slice(0, PRINTED_MAX)}`).join('');
  return `${found}${undone}; lost ${lost}, stale ${stale}${why}${failed}`;
}
