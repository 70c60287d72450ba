// A check of a running cluster from outside: its connection, and what is asked over it.

import { type Configuration, FIRST_EPOCH } from '../protocol/quorum.ts';
import { connectNats } from '../transport/nats-transport.ts';
import { type ClusterReport, checkCluster, type Questioner } from './cluster-check.ts';
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
    const first = { cluster, epoch: FIRST_EPOCH, acceptors };
    const configuration = await configurationInForce(first, new NatsQuestioner(first, transport));
    return await checkCluster(configuration, new NatsQuestioner(configuration, transport), { onProgress });
  } finally {
    await transport.close();
  }
}

/** The latest epoch that any of them tells of, then any member of that one, until there is no later one. */
export async function configurationInForce(
  known: Configuration,
  questioner: Pick<Questioner, 'status'>,
): Promise<Configuration> {
  const answers = await Promise.all(known.acceptors.map(id => questioner.status(id)));
  const epochs = answers.flatMap(answer => answer?.epoch ?? []);
  const latest = epochs.reduce<Configuration>(
    (later, epoch) => (epoch.epoch > later.epoch ? { cluster: known.cluster, ...epoch } : later),
    known,
  );
  return latest === known ? known : configurationInForce(latest, questioner);
}
