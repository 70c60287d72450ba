// How cost grows, as a section of docs/performance.md and as figures.

import type { StepResult } from '../../../src/bench/step-result.ts';
import { count, digits, UNKNOWN } from '../report/figures.ts';
import { type Machine, machineText } from '../report/machine.ts';
import { markdownTable } from '../report/markdown.ts';
import { figureSvg, type Mark, type Panel, type Series } from '../report/plot.ts';
import { grouped, type Spread, spreadOf } from '../report/statistics.ts';
import type { GrowthMeasurement, GrowthOptions } from './grow.ts';

export interface GrowthReport {
  readonly machine: Machine;
  readonly version: string;
  readonly options: GrowthOptions;
  readonly measurements: readonly GrowthMeasurement[];
}

const TITLES: Readonly<Record<string, string>> = {
  keys: 'keys',
  valueBytes: 'bytes of a value',
  clients: 'clients',
  acceptors: 'acceptors',
  proposers: 'proposers',
};
const MESSAGES = 'messages';
const SERIES: readonly Series[] = [
  { name: 'create', color: '#0072b2' },
  { name: 'cas', color: '#d55e00' },
  { name: 'write', color: '#cc79a7' },
  { name: 'read', color: '#009e73' },
];
const MESSAGE_SERIES: readonly Series[] = [
  { name: 'published', color: '#0072b2' },
  { name: 'delivered', color: '#d55e00' },
  { name: 'memo, least: 4f + 6', color: '#999999' },
  { name: 'memo, most: 8f + 6', color: '#444444' },
];
const MEGABYTE = 2 ** 20;

/** All runs of one workload at one place of an axis. */
interface Step {
  readonly axis: string;
  readonly place: number;
  readonly workload: string;
  readonly results: readonly StepResult[];
}

export function growthSection({ machine, version, options, measurements }: GrowthReport): string {
  const { runs, durationMs, warmUpMs } = options;
  const steps = stepsOf(measurements);
  const axes = Object.keys(TITLES).filter(axis => steps.some(step => step.axis === axis));
  return [
    `${machineText(machine)} Synod ${version}.`,
    `${runs} ${runs === 1 ? 'run' : 'runs'} of ${durationMs / 1000} s a step after ${warmUpMs / 1000} s of warm-up, each size on a ` +
      'cluster of its own; 1,000 keys, values of 100 bytes, 64 clients, 3 acceptors and 2 proposers where nothing else is said. ' +
      'Latency in milliseconds; CPU milliseconds per 1,000 operations of nats-server, acceptors and proposers together; ' +
      'NATS messages published per operation; resident memory of all acceptors and of all proposers in MB.',
    ...axes.flatMap(axis => [
      `### By ${TITLES[axis]}`,
      axisTable(
        axis,
        steps.filter(step => step.axis === axis),
      ),
    ]),
    ...(axes.length === 0 ? [] : ['![Throughput as one thing grows](growth.svg)']),
    ...messagesText(steps.filter(({ axis }) => axis === MESSAGES)),
  ].join('\n\n');
}

/** Files by name. */
export function growthPlots({ measurements }: GrowthReport): ReadonlyMap<string, string> {
  const steps = stepsOf(measurements);
  const plots = new Map<string, string>();
  const panels = Object.keys(TITLES)
    .map(axis => axisPanel(axis, steps))
    .filter(({ places }) => places.length > 0);
  if (panels.length > 0) {
    const subtitle = 'Successful operations a second; the x axis has the sizes that were measured.';
    plots.set(
      'growth.svg',
      figureSvg({ title: 'Throughput as one thing grows', subtitle, series: SERIES, panels, columns: 2 }),
    );
  }
  const changes = ['create', 'cas'].map(workload => messagePanel(workload, steps));
  if (changes.some(({ places }) => places.length > 0)) {
    const subtitle = 'NATS messages of one change: published once, delivered to each who listens. 1 client.';
    plots.set(
      'messages.svg',
      figureSvg({
        title: 'Messages of a change',
        subtitle,
        series: MESSAGE_SERIES,
        panels: changes,
        columns: 2,
      }),
    );
  }
  return plots;
}

function stepsOf(measurements: readonly GrowthMeasurement[]): readonly Step[] {
  const groups = grouped(
    measurements,
    ({ axis, place, result }) => `${axis} ${result.workload} ${String(place).padStart(9)}`,
  );
  return groups
    .flatMap(group => {
      const [first] = group;
      if (first === undefined) return [];
      const { axis, place, result } = first;
      return [{ axis, place, workload: result.workload, results: group.map(one => one.result) }];
    })
    .toSorted((one, other) => one.place - other.place);
}

function over({ results }: Step, figure: (result: StepResult) => number | null): Spread | null {
  return spreadOf(results.map(figure));
}

function axisTable(axis: string, steps: readonly Step[]): string {
  const heads = ['workload', TITLES[axis] ?? axis, 'ops/s', 'p50', 'p99', 'p99.9'];
  const costs = ['CPU', 'messages', 'acceptors MB', 'proposers MB'];
  const rows = grouped(steps, ({ workload }) => workload)
    .flat()
    .map(step => {
      const median = (figure: (result: StepResult) => number | null): number | undefined =>
        over(step, figure)?.median;
      return [
        step.workload,
        count(step.place),
        rateOf(step),
        digits(median(({ latencyMs }) => latencyMs?.p50 ?? null)),
        digits(median(({ latencyMs }) => latencyMs?.p99 ?? null)),
        digits(median(({ latencyMs }) => latencyMs?.p999 ?? null)),
        digits(median(serversCpu)),
        digits(median(({ messagesPerOperation }) => messagesPerOperation?.published ?? null)),
        digits(median(({ residentBytes }) => megabytes(residentBytes.acceptors))),
        digits(median(({ residentBytes }) => megabytes(residentBytes.proposers))),
      ];
    });
  return markdownTable([...heads, ...costs], rows, 1);
}

function rateOf(step: Step): string {
  const throughput = over(step, result => result.throughput);
  if (throughput === null) return UNKNOWN;
  const { median, min, max } = throughput;
  return step.results.length === 1 ? count(median) : `${count(median)} (${count(min)}–${count(max)})`;
}

function serversCpu({ cpuMsPerThousand }: StepResult): number | null {
  const { natsServer, acceptors, proposers } = cpuMsPerThousand;
  return natsServer === null || acceptors === null || proposers === null
    ? null
    : natsServer + acceptors + proposers;
}

function megabytes(bytes: number | null): number | null {
  return bytes === null ? null : bytes / MEGABYTE;
}

function messagesText(steps: readonly Step[]): readonly string[] {
  if (steps.length === 0) return [];
  const rows = steps.map(({ place, workload, results }) => [
    workload,
    String(place),
    String(2 * place + 1),
    digits(spreadOf(results.map(published))?.median),
    digits(spreadOf(results.map(delivered))?.median),
    workload === 'read' ? UNKNOWN : `${4 * place + 6} … ${8 * place + 6}`,
  ]);
  return [
    '### Messages of an operation',
    'The CASPaxos memo counts 4f + 6 messages for a change when the proposer asks the fewest acceptors that make a quorum, and ' +
      '8f + 6 when it asks all of them: request and reply, and two phases of a message and an answer for each acceptor asked. ' +
      'Synod publishes once for all acceptors, and NATS delivers to each; the deliveries are what the memo counts. Acceptors that ' +
      'are left in reserve answer many changes in one message, and no reads. All figures hold ' +
      'everything that NATS carried meanwhile: the hint on `synod.events`, and what proposers and acceptors say unasked. ' +
      'One client, one proposer.',
    markdownTable(['operation', 'f', 'acceptors', 'published', 'delivered', 'memo'], rows, 1),
    '![Messages of a change](messages.svg)',
  ];
}

function published({ messagesPerOperation }: StepResult): number | null {
  return messagesPerOperation?.published ?? null;
}

function delivered({ messagesPerOperation }: StepResult): number | null {
  return messagesPerOperation?.delivered ?? null;
}

function axisPanel(axis: string, steps: readonly Step[]): Panel {
  const own = steps.filter(step => step.axis === axis);
  const places = [...new Set(own.map(({ place }) => place))];
  const markAt = (workload: string, place: number): Mark | null => {
    const step = own.find(one => one.workload === workload && one.place === place);
    return step === undefined ? null : markOf(over(step, ({ throughput }) => throughput));
  };
  return {
    title: `By ${TITLES[axis]}`,
    kind: 'lines',
    places: places.map(count),
    xTitle: TITLES[axis] ?? axis,
    marks: Object.fromEntries(SERIES.map(({ name }) => [name, places.map(place => markAt(name, place))])),
  };
}

function messagePanel(workload: string, steps: readonly Step[]): Panel {
  const own = steps.filter(step => step.axis === MESSAGES && step.workload === workload);
  const along = (figure: (step: Step) => Mark | null): readonly (Mark | null)[] => own.map(figure);
  return {
    title: workload,
    kind: 'lines',
    places: own.map(({ place }) => `f = ${place}`),
    xTitle: 'failures tolerated by 2f + 1 acceptors',
    marks: {
      published: along(step => markOf(over(step, published))),
      delivered: along(step => markOf(over(step, delivered))),
      'memo, least: 4f + 6': along(({ place }) => exactly(4 * place + 6)),
      'memo, most: 8f + 6': along(({ place }) => exactly(8 * place + 6)),
    },
  };
}

function exactly(figure: number): Mark {
  return { figure, low: figure, high: figure };
}

function markOf(spread: Spread | null): Mark | null {
  return spread === null ? null : { figure: spread.median, low: spread.min, high: spread.max };
}
