// A whole acceptor process over a million registers of 100 bytes: `node dist/test/bench/million-acceptor.js
// [registers] [seconds]`. Fills the file, starts the process as a user would, and lets one proposer's messages
// read and write registers in no order. Prints how long the start took and what the process held at most.

import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { upConfig } from '../../src/node/config/up-config.ts';
import { type Child, type ProcessSpec, startChild } from '../../src/node/local/child.ts';
import { claimPort, LOOPBACK, natsServerSpec } from '../../src/node/local/nats-server.ts';
import { acceptorSpec } from '../../src/node/local/node-specs.ts';
import type { Command } from '../../src/protocol/messages.ts';
import { UNSET } from '../../src/protocol/state.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import { decodeReplies, encodeCommands } from '../../src/transport/message-codec.ts';
import { connectNats } from '../../src/transport/nats-transport.ts';
import { encodeState } from '../../src/transport/state-codec.ts';
import { internalSubjects } from '../../src/transport/subjects.ts';
import type { Transport } from '../../src/transport/transport.ts';

const [count = '1000000', duration = '20'] = process.argv.slice(2);
const REGISTERS = Number(count);
const LOAD_MS = Number(duration) * 1000;
const WRITE_ROWS = 512;
const VALUE_CHARACTERS = 100;
const COMMANDS_A_MESSAGE = 64;
const COMMANDS_UNDER_WAY = 512;

const ACCEPTOR = 'a1';
const PROPOSER = 'bench-c0ffeec0ffee';
const FILLED_COUNTER = 1;
/** Values are cut out of this, so that their making does not count. */
const RANDOM = randomBytes(2 ** 20).toString('base64url');

const directory = await mkdtemp(join(tmpdir(), 'synod-bench-'));
const config = upConfig({ data: directory, acceptors: '1' }, {});
const configuration = { cluster: config.cluster, epoch: 1, acceptors: config.acceptors };
const subjects = internalSubjects(config.cluster);
const children: Child[] = [];

interface Load {
  readonly shareOfReads: number;
  readonly untilMs: number;
}

/** A proposer's messages without a proposer: so many commands under way at any time. */
class Bench {
  readonly #transport: Transport;
  #underWay = 0;
  #replies = 0;
  #counter = FILLED_COUNTER;
  #onReplies: () => void = () => undefined;

  constructor(transport: Transport) {
    this.#transport = transport;
    transport.subscribe(subjects.proposer(PROPOSER), ({ bytes }) => {
      const decoded = decodeReplies(configuration, bytes);
      if (decoded.kind === 'refused') throw new Error(decoded.why);
      const { items } = decoded.envelope;
      const refused = items.find(({ kind }) => kind !== 'report' && kind !== 'accepted');
      if (refused !== undefined) throw new Error(`The acceptor answered ${JSON.stringify(refused)}`);
      this.#underWay -= items.length;
      this.#replies += items.length;
      this.#onReplies();
    });
  }

  /** At least one message. @returns how many commands were replied to, which is all that were sent. */
  run({ shareOfReads, untilMs }: Load): Promise<number> {
    this.#replies = 0;
    return new Promise(resolve => {
      this.#onReplies = () => {
        if (performance.now() < untilMs) this.#fillUp(shareOfReads);
        else if (this.#underWay === 0) resolve(this.#replies);
      };
      this.#fillUp(shareOfReads);
    });
  }

  #fillUp(shareOfReads: number): void {
    while (this.#underWay + COMMANDS_A_MESSAGE <= COMMANDS_UNDER_WAY) {
      const items = Array.from({ length: COMMANDS_A_MESSAGE }, () => this.#command(shareOfReads));
      const envelope = { sender: PROPOSER, recipient: ACCEPTOR, items, news: [] };
      this.#transport.publish(subjects.acceptor(ACCEPTOR), encodeCommands(configuration, envelope));
      this.#underWay += items.length;
    }
  }

  /** Every accept has a ballot above all earlier ones, so that none is refused. */
  #command(shareOfReads: number): Command {
    const key = keyOf(Math.floor(Math.random() * REGISTERS));
    this.#counter += 1;
    if (Math.random() < shareOfReads) return { kind: 'read', key, serial: this.#counter };
    const ballot = { counter: this.#counter, proposer: PROPOSER };
    return { kind: 'accept', key, ballot, value: variableBytes(this.#counter), next: ballot };
  }
}

try {
  mkdirSync(join(directory, 'logs'));
  await fill();
  const port = await claimPort(0, 'NATS');
  await start(natsServerSpec({ port, monitorPort: null }, join(directory, 'logs', 'nats-server.log')));
  const natsUrl = `nats://${LOOPBACK}:${port}`;
  const transport = await connectNats({ servers: [natsUrl], name: 'bench', connectTimeoutMs: 5000 });
  const startMs = performance.now();
  const acceptor = await start(acceptorSpec({ config, natsUrl }, ACCEPTOR));
  const readyMs = performance.now() - startMs;
  const bench = new Bench(transport);
  await bench.run({ shareOfReads: 1, untilMs: 0 });
  report(
    'start',
    `ready after ${readyMs.toFixed(0)} ms, first replies after ${(performance.now() - startMs).toFixed(0)} ms`,
    acceptor,
  );
  for (const [name, shareOfReads] of [
    ['reads', 1],
    ['accepts', 0],
    ['half each', 0.5],
  ] as const) {
    const beganMs = performance.now();
    const replies = await bench.run({ shareOfReads, untilMs: beganMs + LOAD_MS / 3 });
    const aSecond = (replies / (performance.now() - beganMs)) * 1000;
    report(name, `${replies} random registers, ${Math.round(aSecond)} a second`, acceptor);
  }
  await transport.close();
} finally {
  for (const child of children.reverse()) {
    child.signal('SIGTERM');
    await child.ended;
  }
  await rm(directory, { recursive: true });
}

async function fill(): Promise<void> {
  const path = join(directory, ACCEPTOR, 'acceptor.db');
  const store = await openSqliteStore({ path, cluster: config.cluster, acceptor: ACCEPTOR });
  const ballot = { counter: FILLED_COUNTER, proposer: PROPOSER };
  const startMs = performance.now();
  for (let first = 0; first < REGISTERS; first += WRITE_ROWS) {
    const rows = Math.min(WRITE_ROWS, REGISTERS - first);
    const slot = () => ({ promised: ballot, accepted: ballot, value: variableBytes(FILLED_COUNTER) });
    await store.commit(new Map(Array.from({ length: rows }, (_, i) => [keyOf(first + i), slot()])));
  }
  await store.close();
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  const megabytes = ((await stat(path)).size / 1e6).toFixed(0);
  report('fill', `${REGISTERS} registers in ${seconds} s, file ${megabytes} MB`);
}

async function start(spec: ProcessSpec): Promise<Child> {
  const child = startChild(spec);
  children.push(child);
  const ended = child.ended.then(how => {
    throw new Error(`${spec.name} ${how}: ${readFileSync(spec.logPath, 'utf8')}`);
  });
  await Promise.race([child.ready, ended]);
  // It may end later: after the measurement it is asked to.
  ended.catch(() => undefined);
  return child;
}

/** Keys in no order: those of real registers are not written in the order of the index either. */
function keyOf(i: number): string {
  return `orders.${((i * 2654435761) % 2 ** 32).toString(16).padStart(8, '0')}`;
}

/** A variable as a proposer stores it. */
function variableBytes(version: number): Uint8Array {
  const at = Math.floor(Math.random() * (RANDOM.length - VALUE_CHARACTERS));
  const value = RANDOM.slice(at, at + VALUE_CHARACTERS);
  const rounds = [{ proposer: PROPOSER, counter: version }];
  return encodeState({ ...UNSET, kind: 'variable', version, set: true, value, rounds });
}

function report(what: string, figures: string, child?: Child): void {
  const memory = child === undefined ? '' : `; ${memoryOf(child)}`;
  console.log(`${what.padEnd(10)} ${figures}${memory}`);
}

function memoryOf({ pid }: Child): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (field: string) =>
    ((Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024) / 1e6).toFixed(0);
  return `RSS ${megabytes('VmRSS')} MB, at most ${megabytes('VmHWM')} MB`;
}
