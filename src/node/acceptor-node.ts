// An acceptor as a process: its file, its connection, its life.

import { join } from 'node:path';
import { systemClock } from '../actors/clock.ts';
import { FIRST_EPOCH } from '../protocol/quorum.ts';
import { openSqliteStore } from '../storage/sqlite-store.ts';
import { connectNats } from '../transport/nats-transport.ts';
import { startAcceptor } from './acceptor.ts';
import type { AcceptorConfig } from './config.ts';
import { endingOf } from './ending.ts';
import { stderrLog } from './log.ts';
import { natsOptions } from './nats-options.ts';
import type { Serving } from './serving.ts';

/** Serves until `signal` is aborted. Rejects when it cannot serve, or when its file or the protocol failed. */
export async function runAcceptor(config: AcceptorConfig, { signal, onReady }: Serving): Promise<void> {
  const { id, cluster, acceptors } = config;
  const log = stderrLog(id);
  const store = await openSqliteStore({ path: join(config.data, 'acceptor.db'), cluster, acceptor: id });
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
