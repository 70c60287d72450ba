// `synod bench`: how fast the service is, what it costs, and what goes wrong under load.

import { closeSync, openSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { Command } from 'commander';
import { Bench, type StepProgress } from '../bench/bench.ts';
import { type BenchConfig, benchConfig, benchHelp } from '../bench/bench-config.ts';
import { openLoadThreads } from '../bench/load-threads.ts';
import type { StepResult } from '../bench/step-result.ts';
import { openTarget } from '../bench/target.ts';
import { WORKLOADS } from '../bench/workloads.ts';
import { ConfigError } from '../node/config/config-error.ts';
import { packageVersion } from '../node/process/version.ts';
import { notesOn, progressText, reportText, resultLine } from './bench-text.ts';
import { firstSignal } from './first-signal.ts';
import { addFlags } from './setting-options.ts';

const WORKLOAD_LINES = Object.entries(WORKLOADS).map(([name, { help }]) => `  ${name.padEnd(13)}${help}`);

const EXAMPLES = `
Workloads:
${WORKLOAD_LINES.join('\n')}

Examples:
  synod bench --local
  synod bench --local --workload create,cas,read --clients 1,64,256 --duration 5
  synod bench --local --embedded --workload create,cas,read --clients 1,64
  synod bench --workload write --rate 2000 --clients 1000 --nats nats://n1:4222,nats://n2:4222
  synod bench --data .synod --workload mixed --json result.json

The latency of every operation counts, errors too; what does not end in time is an error "timeout". With --rate an
operation that finds all clients busy waits for one, and the wait counts: give clients enough. Conflicts and other
definite refusals are counted apart from errors. The load stops at no error; it ends with code 1 when a workload had
no success at all. It writes registers named bench.…, new ones in each run, which stay where they were written: use
--local, or a cluster that you can throw away.`;

export function benchCommand(): Command {
  const command = new Command('bench')
    .description('measure throughput, latency and cost under load')
    .option(
      '--local',
      'start a cluster for it: nats-server, acceptors, proposers, in a directory that goes again',
    )
    .option(
      '--embedded',
      'measure each also with a proposer in every thread of the load, which no other client asks',
    )
    .option('--json [FILE]', 'write the result as JSON, to FILE or instead of the tables');
  return addFlags(command, benchHelp)
    .addHelpText('after', EXAMPLES)
    .action(async flags => {
      const config = benchConfig(flags, process.env);
      if (typeof config.json === 'object') checkWritable(config.json.file);
      process.exit(await bench(config));
    });
}

/** Told now, not after minutes of measuring. */
function checkWritable(file: string): void {
  try {
    closeSync(openSync(file, 'a'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError([
      `Cannot use "${file}" for --json: it must be a file that can be written (${why}).`,
    ]);
  }
}

/** @returns the exit code. */
async function bench(config: BenchConfig): Promise<number> {
  const results: StepResult[] = [];
  let close = async (): Promise<void> => undefined;
  const onClose = (ownClose: typeof close): void => {
    close = ownClose;
  };
  const stopping = firstSignal(() => process.exit(1));
  try {
    const signal = await Promise.race([stopping, measure(config, results, onClose)]).finally(() => {
      // What was measured before a failure or Ctrl-C is worth as much.
      if (results.length > 0) publish(config, results);
    });
    if (signal !== undefined) say(`${signal}: stopping`);
    return signal === undefined && results.every(({ succeeded }) => succeeded > 0) ? 0 : 1;
  } finally {
    await close();
  }
}

async function measure(
  config: BenchConfig,
  results: StepResult[],
  onClose: (close: () => Promise<void>) => void,
): Promise<undefined> {
  const target = await openTarget(config.target, process.env, say, onClose);
  const threads = await openLoadThreads({
    ...config,
    nats: target.nats,
    embedded: config.proposers.includes('embedded') ? target.membership : undefined,
  });
  const hooks = {
    onProgress: showProgress,
    onResult: (result: StepResult): void => {
      results.push(result);
      say(resultLine(result));
    },
  };
  await new Bench(config, threads, target, hooks).run();
  await threads.close();
}

function publish(config: BenchConfig, results: readonly StepResult[]): void {
  const report = `${JSON.stringify(reportOf(config, results), null, 2)}\n`;
  if (typeof config.json === 'object') writeFileSync(config.json.file, report);
  process.stdout.write(config.json === 'stdout' ? report : `\n${reportText(results)}`);
}

/** Says enough to repeat it, and nothing of credentials. */
function reportOf(config: BenchConfig, results: readonly StepResult[]): object {
  const { target, json: _, ...options } = config;
  const { kind } = target;
  return {
    version: packageVersion(),
    time: new Date().toISOString(),
    machine: {
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      cpu: cpus()[0]?.model ?? 'unknown',
      cpus: availableParallelism(),
    },
    options: { ...options, target: kind === 'local' ? target : { kind, servers: target.nats.servers } },
    results,
    notes: notesOn(results),
  };
}

/** On a terminal one line that changes; elsewhere the line of each result is enough. */
function showProgress(progress: StepProgress): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${progressText(progress)}`);
}

function say(sentence: string): void {
  process.stderr.write(`${process.stderr.isTTY ? '\r\x1b[K' : ''}${sentence}\n`);
}
