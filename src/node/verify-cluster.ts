// A check of a running cluster from outside: its connection, and what is asked over it.

import { FIRST_EPOCH } from '../protocol/quorum.ts';
import { connectNats } from '../transport/nats-transport.ts';
import { type ClusterReport, checkCluster } from './cluster-check.ts';
import type { ClusterConfig } from './config.ts';
import { natsOptions } from './nats-options.ts';
import { NatsQuestioner } from './questioner.ts';

const CONNECT_TIMEOUT_MS = 5000;

/** @throws Error with a sentence when the cluster cannot be asked. */
export async function verifyCluster(
  { cluster, acceptors, nats }: ClusterConfig,
  onProgress: (partitions: number, keys: number) => void,
): Promise<ClusterReport> {
  const options = natsOptions(nats, 'synod-verify', () => undefined);
  const transport = await connectNats({ ...options, connectTimeoutMs: CONNECT_TIMEOUT_MS });
  try {
    const configuration = { cluster, epoch: FIRST_EPOCH, acceptors };
    return await checkCluster(configuration, new NatsQuestioner(configuration, transport), { onProgress });
  } finally {
    await transport.close();
  }
}
