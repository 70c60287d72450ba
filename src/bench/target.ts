// What a benchmark runs against: a cluster that is there, or one of its own in a directory that goes again.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../node/config/config-error.ts';
import type { Environment } from '../node/config/config-sources.ts';
import { natsOptions } from '../node/config/nats-options.ts';
import { upConfig } from '../node/config/up-config.ts';
import { type ClusterFile, readClusterFile } from '../node/local/cluster-file.ts';
import { type Membership, readMembership } from '../node/local/directory-record.ts';
import { LocalCluster } from '../node/local/local-cluster.ts';
import type { NatsOptions } from '../transport/nats-transport.ts';
import type { Surroundings } from './bench.ts';
import type { BenchTarget } from './bench-config.ts';

export interface Target extends Surroundings {
  readonly nats: Omit<NatsOptions, 'onStatus' | 'onRefused'>;
  /** What a proposer of the load would work with; undefined when it is not known. */
  readonly membership: Membership | undefined;
  readonly close: () => Promise<void>;
}

const NAME = 'synod-bench';
const CONNECT_TIMEOUT_MS = 5000;

/** Resolves when the service can be asked. `onClose` is told what ends an own cluster, before it is started. */
export async function openTarget(
  target: BenchTarget,
  env: Environment,
  report: (sentence: string) => void,
  onClose: (close: () => Promise<void>) => void,
): Promise<Target> {
  if (target.kind === 'running') return runningTarget(target);
  const directory = mkdtempSync(join(tmpdir(), 'synod-bench-'));
  let cluster: LocalCluster | undefined;
  const close = async (): Promise<void> => {
    await cluster?.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  onClose(close);
  const { acceptors, proposers } = target;
  const flags = { data: directory, natsPort: '0', natsMonitorPort: '0', acceptors, proposers };
  cluster = new LocalCluster(upConfig(flags, env), report);
  report('starting a cluster');
  await cluster.start();
  const { nats } = cluster.members;
  return {
    nats: { servers: [nats.url], name: NAME, connectTimeoutMs: CONNECT_TIMEOUT_MS },
    membership: readMembership(directory),
    members: () => cluster?.members,
    monitor: nats.monitor,
    close,
  };
}

function runningTarget(target: Extract<BenchTarget, { kind: 'running' }>): Target {
  const { data, isNatsGiven } = target;
  const members = data === null ? undefined : clusterIn(data);
  const { onStatus: _, onRefused: __, ...nats } = natsOptions(target.nats, NAME, () => undefined);
  const servers = isNatsGiven || members === undefined ? nats.servers : members.nats.url.split(',');
  return {
    nats: { ...nats, servers, connectTimeoutMs: CONNECT_TIMEOUT_MS },
    membership: data === null ? undefined : readMembership(data),
    members: () => (data === null ? undefined : presentMembers(data)),
    monitor: target.monitor ?? members?.nats.monitor ?? null,
    close: async () => undefined,
  };
}

function clusterIn(directory: string): ClusterFile {
  try {
    return readClusterFile(directory);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError([
      `Cannot use "${directory}" for --data: it must be the directory of a running \`synod up\` (${why}).`,
    ]);
  }
}

/** The file goes away when the cluster stops, and its pids change when a process is started again. */
function presentMembers(directory: string): ClusterFile | undefined {
  try {
    return readClusterFile(directory);
  } catch {
    return undefined;
  }
}
