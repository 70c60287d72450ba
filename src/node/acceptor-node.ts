// An acceptor as a process: its file, its connection, its life.

import { join } from 'node:path';
import { systemClock } from '../actors/clock.ts';
import { FIRST_EPOCH } from '../protocol/quorum.ts';
import { openSqliteStore } from '../storage/sqlite-store.ts';
import { connectNats } from '../transport/nats-transport.ts';
import { internalSubjects } from '../transport/subjects.ts';
import { startAcceptor } from './acceptor.ts';
import type { AcceptorConfig } from './config.ts';
import { endingOf } from './ending.ts';
import { exitCodeOf, QUARANTINE_EXIT_CODE } from './fatal-error.ts';
import { type Log, stderrLog } from './log.ts';
import { natsOptions } from './nats-options.ts';
import type { Serving } from './serving.ts';

/** Serves until `signal` is aborted. Rejects when it cannot serve, or when its file or the protocol failed. */
export async function runAcceptor(config: AcceptorConfig, serving: Serving): Promise<void> {
  const log = stderrLog(config.id);
  try {
    await serve(config, serving, log);
  } catch (error) {
    const isForAPerson = exitCodeOf(error) === QUARANTINE_EXIT_CODE && error instanceof Error;
    if (config.whenQuarantined === 'end' || !isForAPerson || serving.signal.aborted) throw error;
    await standAside(config, { why: error.message, signal: serving.signal, log });
    throw error;
  }
}

async function serve(config: AcceptorConfig, { signal, onReady }: Serving, log: Log): Promise<void> {
  const { id, cluster, acceptors } = config;
  const store = await openSqliteStore({ path: join(config.data, 'acceptor.db'), cluster, acceptor: id });
  if (store.migratedFrom !== undefined) log('migrated', { from: store.migratedFrom });
  const transport = await connectNats(natsOptions(config.nats, `synod-acceptor-${id}`, log));
  const { ended, fail } = endingOf(signal);
  const stop = await startAcceptor({
    id,
    configuration: { cluster, epoch: FIRST_EPOCH, acceptors },
    transport,
    store,
    clock: systemClock(),
    log,
    onVoting: () => {
      transport.flush().then(() => {
        log('ready', { storeId: store.storeId });
        onReady();
      }, fail);
    },
    onFailure: fail,
  });
  try {
    await ended;
  } finally {
    stop();
    await transport.close();
  }
  await store.close();
  log('stopped');
}

interface Aside {
  readonly why: string;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** Stays up without a vote, and tells whoever asks; its file stays locked if it could be opened. */
async function standAside({ id, cluster, nats }: AcceptorConfig, { why, signal, log }: Aside): Promise<void> {
  log('standing_aside', { id, why });
  const transport = await connectNats(natsOptions(nats, `synod-acceptor-${id}`, log));
  const told = new TextEncoder().encode(JSON.stringify({ id, status: 'quarantined', why }));
  transport.subscribe(internalSubjects(cluster).ping(id), ({ reply }) => {
    if (reply !== '') transport.publish(reply, told);
  });
  await endingOf(signal).ended;
  await transport.close();
}
