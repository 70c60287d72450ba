// What `synod bench` shows a person: two tables, errors by code, and what is not known.

import type { StepProgress } from '../bench/bench.ts';
import type { Counts } from '../bench/outcome.ts';
import { ROLES } from '../bench/process-usage.ts';
import type { StepResult } from '../bench/step-result.ts';

const MEGABYTE = 1024 * 1024;
const UNKNOWN = '–';

export function reportText(results: readonly StepResult[]): string {
  if (results.length === 0) return 'Nothing was measured.\n';
  const sections = [
    'Throughput, and latency in milliseconds',
    table(
      ['workload', 'clients', 'ops/s', 'p50', 'p90', 'p99', 'p99.9', 'max', 'refused', 'errors'],
      results,
      speed,
    ),
    'CPU milliseconds per 1,000 operations, messages per operation, resident memory in MB',
    costTable(results),
    notesOn(results).join('\n'),
  ];
  return `${sections.filter(section => section !== '').join('\n\n')}\n`;
}

/** Sentences on what went wrong, and on what the figures leave out. */
export function notesOn(results: readonly StepResult[]): readonly string[] {
  const notes = results.flatMap(stepNotes);
  if (results.every(({ cpuMsPerThousand }) => cpuMsPerThousand.acceptors === null)) {
    notes.push(
      'CPU and memory of the service are not known: --data DIR tells the processes of a `synod up` on this machine (Linux).',
    );
  } else if (results.some(({ cpuMsPerThousand }) => ROLES.some(role => cpuMsPerThousand[role] === null))) {
    notes.push('CPU is not known where a process was started again, or is not of the cluster.');
  }
  if (results.every(({ messagesPerOperation }) => messagesPerOperation === null)) {
    notes.push('Messages are not known: --monitor URL tells where the nats-server counts them.');
  }
  return notes;
}

/** One short line. */
export function progressText({ phase, ended, failed, ...step }: StepProgress): string {
  const title = `${titleOf(step)}: ${phase}`;
  return failed === 0 ? `${title}, ${count(ended)}` : `${title}, ${count(ended)}, ${count(failed)} failed`;
}

export function resultLine({ throughput, latencyMs, ...step }: StepResult): string {
  const tail = latencyMs === null ? '' : `, p50 ${ms(latencyMs.p50)} ms, p99 ${ms(latencyMs.p99)} ms`;
  return `${titleOf(step)}: ${count(throughput)} ops/s${tail}`;
}

function speed({ throughput, latencyMs, refused, errors }: StepResult): readonly string[] {
  const latencies = [latencyMs?.p50, latencyMs?.p90, latencyMs?.p99, latencyMs?.p999, latencyMs?.max];
  return [count(throughput), ...latencies.map(ms), count(total(refused)), count(total(errors))];
}

function costTable(results: readonly StepResult[]): string {
  const roles = ['nats-server', 'acceptors', 'proposers', 'client'];
  const heads = [...roles, 'publishes', 'messages', ...roles.map(role => `${role} MB`)];
  return table(['workload', 'clients', ...heads], results, result => [
    ...ROLES.map(role => decimal(result.cpuMsPerThousand[role], 1)),
    decimal(result.messagesPerOperation?.published, 2),
    decimal(result.messagesPerOperation?.total, 2),
    ...ROLES.map(role => {
      const bytes = result.residentBytes[role];
      return decimal(bytes === null ? null : bytes / MEGABYTE, 0);
    }),
  ]);
}

function stepNotes({ refused, errors, waited, late, operations, ...step }: StepResult): string[] {
  const title = titleOf(step);
  const notes = [];
  if (total(refused) > 0) notes.push(`${title}: refused ${byCode(refused)}.`);
  if (total(errors) > 0) notes.push(`${title}: errors ${byCode(errors)}.`);
  const ofAll = `of ${count(operations)} operations`;
  if (errors.not_sent !== undefined) {
    notes.push(
      `${title}: for not_sent no client was free before the end; their latency was longer than what is counted.`,
    );
  }
  if (waited > 0) {
    notes.push(`${title}: ${count(waited)} ${ofAll} waited for a free client, which their latency includes.`);
  }
  if (late > 0) {
    notes.push(
      `${title}: ${count(late)} ${ofAll} were sent late, which their latency includes: the load had too little CPU.`,
    );
  }
  return notes;
}

type Step = Pick<StepResult, 'workload' | 'proposer' | 'clients'>;

function titleOf({ clients, ...step }: Step): string {
  return `${nameOf(step)}, ${clients} ${clients === 1 ? 'client' : 'clients'}`;
}

function nameOf({ workload, proposer }: Omit<Step, 'clients'>): string {
  return proposer === 'service' ? workload : `${workload} (${proposer})`;
}

function byCode(counts: Counts): string {
  return Object.entries(counts)
    .sort(([, one], [, other]) => other - one)
    .map(([code, times]) => `${code} ${count(times)}`)
    .join(', ');
}

function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, times) => sum + times, 0);
}

/** The workload to the left, figures to the right. */
function table(
  heads: readonly string[],
  results: readonly StepResult[],
  figures: (result: StepResult) => readonly string[],
): string {
  const rows = [
    heads,
    ...results.map(result => [nameOf(result), String(result.clients), ...figures(result)]),
  ];
  const widths = heads.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)));
  return rows
    .map(row =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    )
    .join('\n');
}

function count(number: number): string {
  return Math.round(number).toLocaleString('en-US');
}

function ms(latency: number | undefined): string {
  return latency === undefined ? UNKNOWN : latency.toFixed(latency < 100 ? 2 : 0);
}

function decimal(figure: number | null | undefined, digits: number): string {
  return figure === null || figure === undefined ? UNKNOWN : figure.toFixed(digits);
}
