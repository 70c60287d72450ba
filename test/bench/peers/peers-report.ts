// What the comparison came to, as a section of docs/performance.md and as figures.

import { count, digits, UNKNOWN } from '../report/figures.ts';
import { type Machine, machineText } from '../report/machine.ts';
import { markdownTable } from '../report/markdown.ts';
import { type Figure, figureSvg, type Mark, type Panel } from '../report/plot.ts';
import type { Comparison, ComparisonOptions } from './compare.ts';
import type { Summary } from './summary.ts';

export interface PeersReport extends Comparison {
  readonly machine: Machine;
  readonly options: ComparisonOptions;
  /** Whether each system was asked by its usual library. */
  readonly byLibrary: boolean;
  readonly summaries: readonly Summary[];
}

const FLOORS = 'floors';
const COLORS: Readonly<Record<string, string>> = { Synod: '#0072b2', etcd: '#d55e00', JetStream: '#009e73' };
const FLOOR_NAMES: Readonly<Record<string, string>> = {
  request: 'NATS request round trip',
  'two of three': 'one publish, three responders, done at the second reply',
  'sqlite commit': 'one slot a transaction, our SQLite store (WAL, synchronous=FULL)',
  'two of three commits': 'the same in three files at once, done when two are',
  fdatasync: 'write and fdatasync of 4 KiB',
};
const PACED_TITLE =
  'In an open loop, each at a share of its own highest rate above: operations begin at fixed times, and latency counts from then on. ' +
  'So many clients, each with one operation at a time, have them in hand at most; what none of them is free for before the end is `not_sent`.';
const WORKLOAD_TITLES: Readonly<Record<string, string>> = {
  create: 'create: a new key each time',
  cas: 'cas: compare-and-set on distinct keys',
  read: 'read: any of the keys',
  contended: 'contended: read and compare-and-set, one key',
};

export function peersSection({ machine, options, versions, byLibrary, summaries }: PeersReport): string {
  const { runs, durationMs, warmUpMs, keys, valueBytes } = options;
  const isFloor = ({ system }: Summary): boolean => system === FLOORS;
  const compared = inOrder(summaries.filter(one => !isFloor(one) && one.share === null));
  const paced = inOrder(summaries.filter(one => one.share !== null));
  const floors = summaries.filter(isFloor);
  const paragraphs = [
    `${machineText(machine)} ${Object.values(versions).join('; ')}.`,
    `${runs} ${runs === 1 ? 'run' : 'runs'} of ${durationMs / 1000} s a step after ${warmUpMs / 1000} s of warm-up, systems in turn; ` +
      `${count(keys)} keys, values of ${valueBytes} bytes. Medians, in brackets the smallest and the largest throughput; ` +
      'latency in milliseconds; CPU milliseconds per 1,000 operations of all server processes together, and of the load.',
    ...(compared.length === 0 ? [] : [systemsTable(compared), ...plotLinks(byLibrary)]),
    ...notesOn(compared),
    ...(paced.length === 0 ? [] : [PACED_TITLE, pacedTable(paced), ...notesOn(paced)]),
    ...(floors.length === 0 ? [] : ['The floors, in the same runs:', floorsTable(floors)]),
  ];
  return paragraphs.join('\n\n');
}

/** Files by name. */
export function peersPlots({ byLibrary, summaries }: PeersReport): ReadonlyMap<string, string> {
  const compared = summaries.filter(({ system, share }) => system !== FLOORS && share === null);
  if (compared.length === 0) return new Map();
  const series = namesOf(compared, ({ system }) => system).map(name => ({
    name,
    color: COLORS[name] ?? '#666666',
  }));
  const figure = (title: string, subtitle: string, kind: Panel['kind']): string => {
    const panels = namesOf(compared, ({ workload }) => workload).map(workload =>
      panelOf(compared, workload, kind),
    );
    return figureSvg({ title, subtitle, series, panels, columns: 2 } satisfies Figure);
  };
  return new Map([
    [
      plotNames(byLibrary).throughput,
      figure(
        'Throughput',
        'Successful operations a second, median of the runs; the thin line is their spread. * It lost updates that it had acknowledged.',
        'bars',
      ),
    ],
    [
      plotNames(byLibrary).latency,
      figure(
        'Latency',
        'Milliseconds, logarithmic: filled dot p50, open dot p99, upper end p99.9; medians of the runs.',
        'ranges',
      ),
    ],
  ]);
}

function plotNames(byLibrary: boolean): { readonly throughput: string; readonly latency: string } {
  const suffix = byLibrary ? '-by-library' : '';
  return { throughput: `throughput${suffix}.svg`, latency: `latency${suffix}.svg` };
}

function plotLinks(byLibrary: boolean): readonly string[] {
  const { throughput, latency } = plotNames(byLibrary);
  return [`![Throughput of each system](${throughput})`, `![Latency of each system](${latency})`];
}

function panelOf(summaries: readonly Summary[], workload: string, kind: Panel['kind']): Panel {
  const own = summaries.filter(one => one.workload === workload);
  const places = namesOf(own, ({ clients }) => String(clients));
  const markAt = (system: string, place: string): Mark | null => {
    const found = own.find(one => one.system === system && String(one.clients) === place);
    if (found === undefined) return null;
    return kind === 'bars' ? throughputMark(found) : latencyMark(found);
  };
  return {
    title: WORKLOAD_TITLES[workload] ?? workload,
    kind,
    places,
    xTitle: 'clients',
    marks: Object.fromEntries(
      namesOf(own, ({ system }) => system).map(system => [
        system,
        places.map(place => markAt(system, place)),
      ]),
    ),
  };
}

function throughputMark({ throughput, lostUpdates }: Summary): Mark | null {
  if (throughput === null) return null;
  const note = (lostUpdates ?? 0) > 0 ? '*' : '';
  return { note, figure: throughput.median, low: throughput.min, high: throughput.max };
}

function latencyMark({ p50, p99, p999 }: Summary): Mark | null {
  if (p50 === null || p99 === null || p999 === null || p50.median <= 0) return null;
  return { figure: p50.median, low: p50.median, middle: p99.median, high: p999.median };
}

/** Workload by workload, so that the systems stand side by side. */
function inOrder(summaries: readonly Summary[]): readonly Summary[] {
  const workloads = namesOf(summaries, ({ workload }) => workload);
  const systems = namesOf(summaries, ({ system }) => system);
  const rank = ({ workload, system, clients, share }: Summary): number =>
    (workloads.indexOf(workload) * 1e6 + (share ?? clients)) * 100 + systems.indexOf(system);
  return summaries.toSorted((one, other) => rank(one) - rank(other));
}

function namesOf(summaries: readonly Summary[], nameOf: (summary: Summary) => string): readonly string[] {
  return [...new Set(summaries.map(nameOf))];
}

function systemsTable(summaries: readonly Summary[]): string {
  const heads = ['workload', 'clients', 'system', 'ops/s', 'p50', 'p99', 'p99.9', 'CPU servers', 'CPU load'];
  const rows = summaries.map(one => [one.workload, String(one.clients), one.system, ...figuresOf(one)]);
  return markdownTable(heads, rows, 3);
}

function pacedTable(summaries: readonly Summary[]): string {
  const heads = [
    'workload',
    'of its rate',
    'clients',
    'system',
    'ops/s',
    'p50',
    'p99',
    'p99.9',
    'CPU servers',
    'CPU load',
  ];
  const rows = summaries.map(one => [
    one.workload,
    `${100 * (one.share ?? 0)}%`,
    String(one.clients),
    one.system,
    ...figuresOf(one),
  ]);
  return markdownTable(heads, rows, 4);
}

function floorsTable(summaries: readonly Summary[]): string {
  const heads = ['floor', 'clients', 'ops/s', 'p50', 'p99', 'p99.9', 'CPU servers', 'CPU load'];
  const rows = summaries.map(one => [
    FLOOR_NAMES[one.workload] ?? one.workload,
    String(one.clients),
    ...figuresOf(one),
  ]);
  return markdownTable(heads, rows, 2);
}

function figuresOf({ throughput, p50, p99, p999, serverCpuMs, clientCpuMs }: Summary): readonly string[] {
  const rate =
    throughput === null
      ? UNKNOWN
      : `${count(throughput.median)} (${count(throughput.min)}–${count(throughput.max)})`;
  return [rate, ...[p50, p99, p999, serverCpuMs, clientCpuMs].map(spread => digits(spread?.median))];
}

function notesOn(summaries: readonly Summary[]): readonly string[] {
  return summaries.flatMap(({ system, workload, clients, errors, lostUpdates }) => {
    const title = `${system}, ${workload}, ${clients} ${clients === 1 ? 'client' : 'clients'}`;
    const codes = Object.entries(errors).map(([code, times]) => `${code} ${count(times)}`);
    const notes = codes.length === 0 ? [] : [`${title}: errors ${codes.join(', ')}.`];
    if (lostUpdates === null || lostUpdates === 0) return notes;
    return [
      ...notes,
      `**${title}: ${count(lostUpdates)} acknowledged updates are missing from the counter** (it acknowledged several ` +
        'updates of one revision): its throughput here is no figure of a compare-and-set that works.',
    ];
  });
}
