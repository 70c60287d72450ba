// What nothing that is built of these parts can undercut on this machine: the messages of NATS and the syncs of the
// disk, each alone.

import { closeSync, fdatasync, mkdirSync, openSync, write } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { steadyClock } from '../../../src/bench/bench-clock.ts';
import { Load } from '../../../src/bench/load.ts';
import { outcomeOf } from '../../../src/bench/outcome.ts';
import type { StepPlan } from '../../../src/bench/place.ts';
import type { Sender } from '../../../src/bench/requests.ts';
import { answers, LOOPBACK } from '../../../src/node/local/nats-server.ts';
import { openSqliteStore, type SqliteStore } from '../../../src/storage/sqlite-store.ts';
import { NatsAsker } from './nats-asker.ts';
import { eventually, freePorts, type ServerGroup, startServers } from './server-group.ts';
import type { RunningSystem, System } from './system.ts';

/** One operation of a floor; calls back with how it ended. */
type Call = (onEnd: (outcome: string) => void) => void;

const RESPONDERS = 3;
/** Of three: what a proposer waits for. */
const QUORUM = 2;
const BLOCK_BYTES = 4096;
const CLIENTS = [1, 64, 256];
const ECHO = fileURLToPath(new URL('./echo.js', import.meta.url));
const sender: Sender<Call, string> = { send: (call, onEnd) => call(onEnd) };

export function floors(natsServer: string): System {
  const workloads = {
    request: CLIENTS,
    'two of three': CLIENTS,
    'sqlite commit': [1],
    'two of three commits': [1],
    fdatasync: [1],
  };
  return { name: 'floors', workloads, start: directory => startFloors(natsServer, directory) };
}

async function startFloors(natsServer: string, directory: string): Promise<RunningSystem> {
  mkdirSync(directory, { recursive: true });
  const [port = 0] = await freePorts(1);
  const url = `nats://${LOOPBACK}:${port}`;
  const nats = await startServers(directory, [
    {
      name: 'nats-server',
      program: natsServer,
      args: ['--addr', LOOPBACK, '--port', String(port)],
      isReady: () => answers(LOOPBACK, port),
    },
  ]);
  const responders = await startResponders(directory, url);
  const asker = await NatsAsker.connect(url);
  const quorums = new QuorumPublisher(asker);
  const stores: SqliteStore[] = [];
  for (let i = 1; i <= RESPONDERS; i++) {
    const path = join(directory, `floor-${i}.db`);
    stores.push(await openSqliteStore({ path, cluster: 'bench', acceptor: `a${i}` }));
  }
  const file = openSync(join(directory, 'floor.bin'), 'w');
  for (let i = 1; i <= RESPONDERS; i++) {
    await eventually(async () => {
      const reply = await asker.ask({ subject: `ready.${i}`, bytes: new Uint8Array(0) });
      if (reply === undefined || reply.isNoResponders) throw new Error(`Responder ${i} does not answer`);
    });
  }
  return {
    version: `Node ${process.versions.node}`,
    servers: { 'nats-server': nats.pids, responders: responders.pids },
    prepare: async () => undefined,
    load: (plan, pace) => {
      const call = callOf(plan, { asker, quorums, stores, file });
      const session = { begin: () => call, proceed: (outcome = 'timeout') => outcome };
      return new Load(sender, steadyClock(), new Array(plan.clients).fill(session), pace);
    },
    lostUpdates: async () => null,
    close: async () => {
      await asker.close();
      for (const store of stores) await store.close();
      closeSync(file);
      await responders.stop();
      await nats.stop();
    },
  };
}

function startResponders(directory: string, url: string): Promise<ServerGroup> {
  const specs = Array.from({ length: RESPONDERS }, (_, index) => ({
    name: `echo-${index + 1}`,
    program: process.execPath,
    args: [ECHO, url, `ready.${index + 1}`, 'three', ...(index === 0 ? ['one'] : [])],
    isReady: async () => true,
  }));
  return startServers(directory, specs);
}

interface Parts {
  readonly asker: NatsAsker;
  readonly quorums: QuorumPublisher;
  readonly stores: readonly SqliteStore[];
  readonly file: number;
}

function callOf({ workload, valueBytes }: StepPlan, { asker, quorums, stores, file }: Parts): Call {
  const bytes = Buffer.alloc(valueBytes, 'x');
  switch (workload) {
    case 'request':
      return onEnd => asker.requests.send({ subject: 'one', bytes }, reply => onEnd(outcomeOf(reply)));
    case 'two of three':
      return onEnd => quorums.publish('three', bytes, () => onEnd('ok'));
    case 'sqlite commit':
      return committing(stores.slice(0, 1), 1, bytes);
    case 'two of three commits':
      return committing(stores, QUORUM, bytes);
    case 'fdatasync': {
      const block = Buffer.alloc(BLOCK_BYTES, 'x');
      return onEnd =>
        write(file, block, 0, BLOCK_BYTES, 0, error => {
          if (error !== null) return onEnd('io');
          fdatasync(file, failure => onEnd(failure === null ? 'ok' : 'io'));
        });
    }
    default:
      throw new Error(`There is no floor ${workload}`);
  }
}

/** One slot a transaction, each at another key, as acceptors under one client have it: over when so many have it on disk. */
function committing(stores: readonly SqliteStore[], quorum: number, value: Uint8Array): Call {
  const ballot = { counter: 1, proposer: 'p1-00c0ffee00c0ffee' };
  let written = 0;
  return onEnd => {
    written += 1;
    const slots = new Map([[`floor.${quorum}.${written}`, { promised: ballot, accepted: ballot, value }]]);
    let durable = 0;
    for (const store of stores) {
      store.commit(slots).then(
        () => {
          durable += 1;
          if (durable === quorum) onEnd('ok');
        },
        () => onEnd('io'),
      );
    }
  };
}

/** Publishes to all responders, and ends with the reply that makes a quorum. */
class QuorumPublisher {
  readonly #asker: NatsAsker;
  readonly #inbox = `_INBOX.quorum${process.pid}`;
  readonly #waiting = new Map<string, { replies: number; readonly onQuorum: () => void }>();
  #lastNumber = 0;

  constructor(asker: NatsAsker) {
    this.#asker = asker;
    asker.transport.subscribe(`${this.#inbox}.*`, ({ subject }) => this.#receive(subject));
  }

  publish(subject: string, bytes: Uint8Array, onQuorum: () => void): void {
    this.#lastNumber += 1;
    const reply = `${this.#inbox}.${this.#lastNumber}`;
    this.#waiting.set(reply, { replies: 0, onQuorum });
    this.#asker.transport.publish(subject, bytes, { reply });
  }

  #receive(subject: string): void {
    const waiting = this.#waiting.get(subject);
    if (waiting === undefined) return;
    waiting.replies += 1;
    if (waiting.replies < QUORUM) return;
    this.#waiting.delete(subject);
    waiting.onQuorum();
  }
}
