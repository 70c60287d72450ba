// A real acceptor, recorded at work through two lives. The first ends by a kill between the write and the sync of
// a commit, or in order; the second starts on what is left and ends in order.

import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from '../../src/node/local/child.ts';
import { claimPort, LOOPBACK, natsServerSpec } from '../../src/node/local/nats-server.ts';
import { compareBallots, ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import { connectNats, type NatsTransport } from '../../src/transport/nats-transport.ts';
import { type Call, parseCalls } from './calls.ts';
import { traced } from './strace.ts';
import { type Vote, votesOf } from './votes.ts';
import { Workload } from './workload.ts';
import { type Written, writtenBy } from './written.ts';

const CONFIGURATION = { cluster: 'durability', epoch: 1, acceptors: ['a1'] };
export const RECORDED_OWNER = { cluster: CONFIGURATION.cluster, acceptor: 'a1' };

/** A life that is to be killed gets work until it is. */
const MESSAGES_MAX = 2000;
/** Of one of the threads that SQLite runs on, which take turns: far behind those of the opening, well before the end. */
const KILLED_AT_SYNC = 16;
const KILLS_MAX = 20;

export interface Recording {
  /** Where the acceptor's file is: as it is now, if the calls are to be believed. */
  readonly path: string;
  readonly storeId: string;
  readonly calls: readonly Call[];
  readonly votes: readonly Vote[];
  readonly written: readonly Written[];
  /** When the second life began. */
  readonly secondLifeAt: number;
}

export interface RecordingOptions {
  /** dist, or a copy of it. */
  readonly product: string;
  readonly seed: number;
  /** In each life that ends in order. */
  readonly messages: number;
  /** Whether the first life ends between the write and the sync of a commit that accepts something. */
  readonly isKilled: boolean;
}

/**
 * @param use gets the record; the files are gone when it is done.
 * @throws Error when no kill out of several cut off an acceptance.
 */
export async function withRecording<Result>(
  options: RecordingOptions,
  use: (recording: Recording) => Promise<Result>,
): Promise<Result> {
  for (let kills = 1; kills <= KILLS_MAX; kills++) {
    const directory = mkdtempSync(join(tmpdir(), 'synod-durability-'));
    try {
      const recording = await record(options, directory);
      if (!options.isKilled || cutsOffAnAcceptance(recording)) return await use(recording);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  throw new Error(`None of ${KILLS_MAX} kills fell between the write and the sync of an acceptance`);
}

/** Not so where the sync that the kill fell on was that of a checkpoint: all that this moves is durable in the WAL. */
function cutsOffAnAcceptance({ written, secondLifeAt }: Recording): boolean {
  const durable = written.filter(({ durableAt }) => durableAt < secondLifeAt);
  const cutOff = written.filter(
    ({ writtenAt, durableAt }) => writtenAt < secondLifeAt && durableAt >= secondLifeAt,
  );
  return cutOff.some(({ slots }) =>
    [...slots].some(
      ([key, { accepted }]) =>
        compareBallots(accepted, ZERO_BALLOT) > 0 &&
        !durable.some(earlier => {
          const slot = earlier.slots.get(key);
          return slot !== undefined && compareBallots(slot.accepted, accepted) === 0;
        }),
    ),
  );
}

async function record(options: RecordingOptions, directory: string): Promise<Recording> {
  const port = await claimPort(0, 'NATS');
  const nats = startChild(natsServerSpec({ port, monitorPort: null }, join(directory, 'nats-server.log')));
  try {
    await Promise.race([nats.ready, nats.ended.then(why => Promise.reject(new Error(`nats-server ${why}`)))]);
    const url = `nats://${LOOPBACK}:${port}`;
    const transport = await connectNats({ servers: [url], name: 'durability-test' });
    try {
      return await live(options, directory, url, transport);
    } finally {
      await transport.close();
    }
  } finally {
    nats.signal('SIGTERM');
    await nats.ended;
  }
}

async function live(
  { product, seed, messages, isKilled }: RecordingOptions,
  directory: string,
  url: string,
  transport: NatsTransport,
): Promise<Recording> {
  const data = join(directory, 'data');
  const path = join(data, 'acceptor.db');
  const args = acceptorArgs(product, data, url);
  const workload = new Workload(seed, transport, CONFIGURATION);
  await transport.flush();

  const life = async (name: string, killedAt: number | undefined): Promise<string> => {
    const file = join(directory, name);
    const acceptor = traced({ args, readyLine: 'ready acceptor a1', record: file, killedAtSync: killedAt });
    try {
      await acceptor.ready;
      await workload.readAll(acceptor.recorded);
      await workload.send(killedAt === undefined ? messages : MESSAGES_MAX, acceptor.recorded);
      acceptor.process.kill('SIGTERM');
      await acceptor.recorded;
    } finally {
      acceptor.process.kill('SIGKILL');
    }
    if ((acceptor.process.signalCode === 'SIGKILL') !== (killedAt !== undefined))
      throw new Error(`The acceptor ended otherwise than planned, with ${acceptor.process.exitCode}`);
    return readFileSync(file, 'latin1');
  };
  const isWatched = (name: string): boolean => name === data || name.startsWith(path);
  const first = parseCalls(await life('first', isKilled ? KILLED_AT_SYNC : undefined), isWatched);
  const second = parseCalls(await life('second', undefined), isWatched, first.to);
  const calls = [...first.calls, ...second.calls];
  const storeId = await storeIdOf(path, directory);
  return {
    path,
    storeId,
    calls,
    votes: votesOf(calls, CONFIGURATION, workload.sentAccept),
    written: writtenBy(calls, storeId),
    secondLifeAt: first.to,
  };
}

/** Of a copy, so that the file stays as the calls left it. */
async function storeIdOf(path: string, directory: string): Promise<string> {
  const copy = join(directory, 'copy.db');
  copyFileSync(path, copy);
  const store = await openSqliteStore({ path: copy, ...RECORDED_OWNER });
  await store.close();
  return store.storeId;
}

function acceptorArgs(product: string, data: string, url: string): readonly string[] {
  const { cluster, acceptors } = CONFIGURATION;
  const main = join(product, 'src/cli/main.js');
  const group = ['--cluster', cluster, '--acceptors', acceptors.join(',')];
  return [main, 'acceptor', '--id', 'a1', ...group, '--data', data, '--nats', url];
}
