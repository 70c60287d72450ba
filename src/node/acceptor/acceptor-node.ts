// An acceptor as a process: its file, its connection, its life.

import { join } from 'node:path';
import { systemClock } from '../../actors/clock.ts';
import { FIRST_EPOCH } from '../../protocol/quorum.ts';
import { openSqliteStore } from '../../storage/sqlite-store.ts';
import { connectNats } from '../../transport/nats-transport.ts';
import { internalSubjects } from '../../transport/subjects.ts';
import { WIRE_VERSION } from '../../transport/wire-version.ts';
import type { AcceptorConfig } from '../config/config.ts';
import { internalNatsOptions, natsOptions } from '../config/nats-options.ts';
import { endingOf } from '../process/ending.ts';
import { exitCodeOf, QUARANTINE_EXIT_CODE } from '../process/fatal-error.ts';
import { flushed } from '../process/flushed.ts';
import { type Log, stderrLog } from '../process/log.ts';
import { NodeHttp } from '../process/node-http.ts';
import type { Serving } from '../process/serving.ts';
import { openStatus } from '../process/status.ts';
import { packageVersion } from '../process/version.ts';
import { startAcceptor } from './acceptor.ts';
import { acceptorMetrics, acceptorTold } from './acceptor-sight.ts';
import { diskUse } from './disk-use.ts';

/** Serves until `signal` is aborted. Rejects when it cannot serve, or when its file or the protocol failed. */
export async function runAcceptor(config: AcceptorConfig, serving: Serving): Promise<void> {
  const log = stderrLog(config.id, config.logFormat);
  const http = await NodeHttp.open(config.http, log);
  try {
    await serve(config, serving, { log, http });
  } catch (error) {
    const isForAPerson = exitCodeOf(error) === QUARANTINE_EXIT_CODE && error instanceof Error;
    if (config.whenQuarantined === 'end' || !isForAPerson || serving.signal.aborted) throw error;
    http.show(() => error.message);
    await standAside(config, { why: error.message, signal: serving.signal, log, http });
    throw error;
  } finally {
    http.close();
  }
}

interface Surroundings {
  readonly log: Log;
  readonly http: NodeHttp;
}

async function serve(
  config: AcceptorConfig,
  { signal, onReady }: Serving,
  { log, http }: Surroundings,
): Promise<void> {
  const { id, cluster, acceptors } = config;
  const path = join(config.data, 'acceptor.db');
  const store = await openSqliteStore({ path, cluster, acceptor: id });
  if (store.migratedFrom !== undefined) log('migrated', { from: store.migratedFrom });
  const transport = await connectNats({
    ...internalNatsOptions(config.nats, `synod-acceptor-${id}`, log),
    signal,
  });
  const { ended, fail, isOver } = endingOf(signal);
  const acceptor = await startAcceptor({
    id,
    configuration: { cluster, epoch: FIRST_EPOCH, acceptors },
    transport,
    store,
    clock: systemClock(),
    log,
    memoryBytesMax: config.memoryBytesMax,
    onVoting: async () => {
      if (!(await flushed(transport, isOver))) return;
      log('ready', { storeId: store.storeId });
      onReady();
    },
    onFailure: fail,
  });
  const { standing } = acceptor;
  const version = packageVersion();
  const sight = { id, cluster, version, http: http.url, disk: () => diskUse(path), ...acceptor };
  http.show(() => {
    if (!transport.isConnected) return 'it is not connected to NATS';
    return standing.status === 'voting'
      ? undefined
      : `it does not vote: ${standing.doubt ?? standing.status}`;
  }, acceptorMetrics(sight));
  openStatus(transport, cluster, () => acceptorTold(sight));
  try {
    await ended;
  } finally {
    acceptor.stop();
    await transport.close();
  }
  await store.close();
  log('stopped');
}

interface Aside extends Surroundings {
  readonly why: string;
  readonly signal: AbortSignal;
}

/** Stays up without a vote, and tells whoever asks; its file stays locked if it could be opened. */
async function standAside(
  { id, cluster, nats }: AcceptorConfig,
  { why, signal, log, http }: Aside,
): Promise<void> {
  log('standing_aside', { id, why });
  const transport = await connectNats({ ...natsOptions(nats, `synod-acceptor-${id}`, log), signal });
  const told = new TextEncoder().encode(JSON.stringify({ id, status: 'quarantined', why }));
  transport.subscribe(internalSubjects(cluster).ping(id), ({ reply }) => {
    if (reply !== '') transport.publish(reply, told);
  });
  const version = packageVersion();
  openStatus(transport, cluster, () => ({
    role: 'acceptor',
    id,
    status: 'quarantined',
    why,
    version,
    wire: WIRE_VERSION,
    epoch: 0,
    isJoint: false,
    http: http.url,
  }));
  await endingOf(signal).ended;
  await transport.close();
}
