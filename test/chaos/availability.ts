// `npm run availability -- [--out DIR] [--without-etcd]`: for how long clients get no answer when one member is
// isolated, paused or killed (the table of the project perseus), for Synod and, beside it, for etcd. Each client asks
// one thing at a time: it writes and reads keys of its own.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { plainAsker, typescriptAsker } from './askers.ts';
import { drawTimeline, type Shade } from './drawing.ts';
import { EtcdCluster, findEtcd } from './etcd.ts';
import { longestGap } from './gaps.ts';
import { Processes, rotated } from './processes.ts';
import { Recorder, type Sample } from './recorder.ts';
import type { Fault } from './scenario.ts';

const LEAD_MS = 2000;
const FAULT_MS = 4000;
const REST_MS = 3000;
const THINK_MS = 2;
const CLIENTS_OF_EACH_KIND = 3;
const PLAIN_PATIENCE_MS = 250;
const SLOW_MS = 100;

interface Trial {
  /** `none` tells what the machine does to gaps by itself. */
  readonly fault: Fault | 'none';
  readonly target: string;
  readonly label: string;
}

/** The server comes first: later, nobody is connected where it began. */
const TRIALS: readonly Trial[] = [
  { fault: 'none', target: '', label: 'no fault' },
  { fault: 'kill', target: 'n1', label: 'nats-server killed' },
  // Each of them is asked to vote at once just then: who was late goes to the end of the reserve (P6).
  { fault: 'stall', target: 'a1', label: 'acceptor isolated' },
  { fault: 'pause', target: 'a2', label: 'acceptor paused' },
  { fault: 'kill', target: 'a3', label: 'acceptor killed' },
  { fault: 'pause', target: 'p2', label: 'proposer paused' },
  { fault: 'kill', target: 'p1', label: 'proposer killed' },
];

interface Row {
  readonly what: string;
  readonly clients: string;
  readonly gapMs: number;
  readonly healGapMs: number;
  readonly recoveredMs: number;
  readonly errors: string;
  readonly load: string;
}

/** Asks once. @returns 'answered', or the code of a failure. */
type AskOnce = (turn: number) => Promise<string>;

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join('.synod', 'availability') },
    'without-etcd': { type: 'boolean', default: false },
  },
});
mkdirSync(values.out, { recursive: true });
const rows = [...(await synodRows()), ...(values['without-etcd'] ? [] : await etcdRows())];
const table = printed(rows);
writeFileSync(join(values.out, 'availability.md'), table);
console.log(table);

async function synodRows(): Promise<readonly Row[]> {
  const cluster = new Processes();
  try {
    await cluster.start();
    const recorder = new Recorder();
    const clients = await synodClients(cluster.nats);
    const durationMs = LEAD_MS + TRIALS.length * (FAULT_MS + REST_MS);
    const loops = clients.map(({ name, once }) => loop(name, once, recorder, durationMs));
    const shades: Shade[] = [];
    const loads: string[] = [];
    await sleep(LEAD_MS);
    for (const { fault, target, label } of TRIALS) {
      loads.push(loadOf());
      shades.push(
        await during(recorder, label, {
          strike: async () => (fault === 'none' ? undefined : cluster.strike(fault, target)),
          heal: async () => (fault === 'none' ? undefined : cluster.heal(fault, target)),
        }),
      );
    }
    await Promise.all(loops);
    await Promise.all(clients.map(({ close }) => close()));
    draw('synod', recorder.samples, shades, durationMs);
    return shades.flatMap((shade, i) =>
      ['TypeScript', 'plain'].map(kind => rowOf('Synod', kind, recorder.samples, shade, loads[i] ?? '')),
    );
  } finally {
    await cluster.stop();
  }
}

interface SynodClient {
  readonly name: string;
  readonly once: AskOnce;
  readonly close: () => Promise<void>;
}

function synodClients(nats: readonly string[]): Promise<readonly SynodClient[]> {
  const kinds = [
    { kind: 'TypeScript', open: typescriptAsker },
    { kind: 'plain', open: (urls: readonly string[]) => plainAsker(urls, PLAIN_PATIENCE_MS) },
  ];
  return Promise.all(
    kinds.flatMap(({ kind, open }) =>
      Array.from({ length: CLIENTS_OF_EACH_KIND }, async (_, i) => {
        const asker = await open(rotated(nats, i));
        const name = `${kind} ${i}`;
        const once: AskOnce = async turn => {
          const key = `available.${kind}-${i}.${turn % 8}`;
          const ended = await asker.ask(
            key,
            turn % 2 === 0 ? { operation: 'variable.write', value: turn } : { operation: 'variable.read' },
          );
          return ended.kind === 'ok' ? 'answered' : ended.code;
        };
        return { name, once, close: () => asker.close() };
      }),
    ),
  );
}

/** Each fault on a leader and on a follower, asked by clients that know the other two nodes. */
async function etcdRows(): Promise<readonly Row[]> {
  const program = findEtcd();
  if (program === undefined) {
    console.log('etcd is not installed (on Debian: apt-get install etcd-server): not measured');
    return [];
  }
  const cluster = new EtcdCluster(program);
  try {
    await cluster.start();
    const rows: Row[] = [];
    for (const fault of ['pause', 'kill'] as const) {
      for (const role of ['leader', 'follower'] as const) {
        rows.push(await etcdRow(cluster, fault, role));
      }
    }
    return rows;
  } finally {
    await cluster.stop();
  }
}

async function etcdRow(
  cluster: EtcdCluster,
  fault: 'pause' | 'kill',
  role: 'leader' | 'follower',
): Promise<Row> {
  const leader = await cluster.leader();
  const target = role === 'leader' ? leader : (leader + 1) % 3;
  const others = [0, 1, 2].filter(node => node !== target);
  const recorder = new Recorder();
  const durationMs = LEAD_MS + FAULT_MS + REST_MS;
  const loops = Array.from({ length: 2 * CLIENTS_OF_EACH_KIND }, (_, i) =>
    loop(`HTTP ${i}`, cluster.client(rotated(others, i), PLAIN_PATIENCE_MS), recorder, durationMs),
  );
  await sleep(LEAD_MS);
  const load = loadOf();
  const shade = await during(recorder, `${role} ${fault === 'pause' ? 'paused' : 'killed'}`, {
    strike: () => cluster.strike(fault, target),
    heal: () => cluster.heal(fault, target),
  });
  await Promise.all(loops);
  draw(`etcd-${role}-${fault}`, recorder.samples, [shade], durationMs);
  return rowOf('etcd', 'HTTP', recorder.samples, shade, load);
}

async function loop(client: string, once: AskOnce, recorder: Recorder, untilMs: number): Promise<void> {
  for (let turn = 0; recorder.nowMs < untilMs; turn++) {
    const startMs = recorder.nowMs;
    const outcome = await once(turn);
    recorder.samples.push({ client, operation: '', startMs, endMs: recorder.nowMs, outcome });
    await sleep(THINK_MS);
  }
}

async function during(
  recorder: Recorder,
  label: string,
  { strike, heal }: { readonly strike: () => Promise<void>; readonly heal: () => Promise<void> },
): Promise<Shade> {
  const fromMs = recorder.nowMs;
  await strike();
  await sleep(FAULT_MS);
  const untilMs = recorder.nowMs;
  const healed = heal();
  await sleep(REST_MS);
  await healed;
  return { fromMs, untilMs, label };
}

function rowOf(system: string, kind: string, all: readonly Sample[], shade: Shade, load: string): Row {
  const { fromMs, untilMs, label } = shade;
  const samples = all.filter(({ client }) => client.startsWith(kind));
  const within = samples.filter(({ endMs }) => endMs >= fromMs && endMs <= untilMs + REST_MS);
  const slow = within.filter(
    s => s.endMs < untilMs && (s.outcome !== 'answered' || s.endMs - s.startMs > SLOW_MS),
  );
  const codes = new Map<string, number>();
  for (const { outcome } of within) {
    if (outcome !== 'answered') codes.set(outcome, (codes.get(outcome) ?? 0) + 1);
  }
  return {
    what: `${system}: ${label}`,
    clients: kind,
    gapMs: longestGap(samples, fromMs, untilMs).ms,
    healGapMs: longestGap(samples, untilMs, untilMs + REST_MS - 500).ms,
    recoveredMs: Math.max(0, ...slow.map(({ endMs }) => endMs - fromMs)),
    errors: [...codes].map(([code, count]) => `${code} ${count}`).join(', ') || 'none',
    load,
  };
}

function printed(all: readonly Row[]): string {
  const head = [
    `${execFileSync('nats-server', ['--version'], { encoding: 'utf8' }).trim()}. Measured ${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${cpus()[0]?.model ?? '?'}), Node ${process.version}.`,
    '',
    '| fault | clients | longest gap, ms | after the heal, ms | last slow answer after, ms | without an answer | load average |',
    '| --- | --- | --- | --- | --- | --- | --- |',
  ];
  const lines = all.map(({ what, clients, gapMs, healGapMs, recoveredMs, errors, load }) => {
    const cells = [
      what,
      clients,
      Math.round(gapMs),
      Math.round(healGapMs),
      Math.round(recoveredMs),
      errors,
      load,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return `${[...head, ...lines].join('\n')}\n`;
}

function draw(name: string, samples: readonly Sample[], shades: readonly Shade[], durationMs: number): void {
  const title = `${name}: availability, load average ${loadOf()}`;
  const gap = longestGap(samples, 0, durationMs);
  writeFileSync(join(values.out, `${name}.svg`), drawTimeline({ title, durationMs, shades, samples, gap }));
}

function loadOf(): string {
  return loadavg()[0]?.toFixed(1) ?? '';
}
