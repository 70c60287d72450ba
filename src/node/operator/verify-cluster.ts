// A check of a running cluster from outside: its connection, and what is asked over it.

import { clusterOf, FIRST_GROUP, type GroupMap, ONE_GROUP, placeOf } from '../../protocol/group-map.ts';
import { partitionOf } from '../../protocol/partition.ts';
import { type Configuration, FIRST_EPOCH } from '../../protocol/quorum.ts';
import { stayOf } from '../../protocol/stays.ts';
import type { ClusterConfig } from '../config/config.ts';
import { connectTool } from '../config/nats-options.ts';
import { type ClusterReport, checkCluster, type Questioner } from './cluster-check.ts';
import { askCluster } from './cluster-status.ts';
import { NatsQuestioner } from './questioner.ts';

/** The acceptors of one group, to be compared with each other. */
export interface Compared {
  readonly group: string;
  /** Any that are, or were, members. */
  readonly acceptors: readonly string[];
  /** Where the partitions were last, as far as anybody told. */
  readonly map: GroupMap;
}

const CONNECT_TIMEOUT_MS = 5000;

/** Every group of the cluster, as its proposers tell; the first alone where none answers. */
export async function groupsToCompare(
  config: ClusterConfig,
): Promise<{ readonly isTold: boolean; readonly groups: readonly Compared[] }> {
  const { status, map } = await askCluster(config);
  const others = status.groups.map(({ group, acceptors }) => {
    return { group, acceptors: acceptors.map(({ id }) => id), map };
  });
  const first = { group: FIRST_GROUP, acceptors: config.acceptors, map };
  return { isTold: status.proposers.length > 0, groups: [first, ...others] };
}

/** @throws Error with a sentence when the group cannot be asked. */
export async function verifyGroup(
  { cluster, nats }: Pick<ClusterConfig, 'cluster' | 'nats'>,
  { group, acceptors, map }: Compared,
  onProgress: (partitions: number, keys: number) => void,
): Promise<ClusterReport> {
  const transport = await connectTool(nats, 'synod-verify', CONNECT_TIMEOUT_MS);
  try {
    const first = { cluster: clusterOf(cluster, group), epoch: FIRST_EPOCH, acceptors };
    const configuration = await configurationInForce(first, new NatsQuestioner(first, transport));
    const isOver = (name: string): boolean => isOfEndedStay(map, group, name);
    const questioner = new NatsQuestioner(configuration, transport);
    return await checkCluster(configuration, questioner, { onProgress, isOver });
  } finally {
    await transport.close();
  }
}

/** Neither where its partition is by the map, nor where that is on its way from; a newer stay than the map has is not over. */
export function isOfEndedStay(map: GroupMap, group: string, name: string): boolean {
  const number = stayOf(name);
  if (number === undefined || map === ONE_GROUP) return false;
  const place = placeOf(map, partitionOf(name));
  const isThere = [place, place.from].some(stay => stay?.group === group && stay.number === number);
  return !isThere && number <= place.number;
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
