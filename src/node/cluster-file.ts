// DIR/cluster.json: the running processes, for tools. It is there while the cluster is ready, and only then.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from './atomic-file.ts';

interface RunningMember {
  readonly id: string;
  readonly pid: number | null;
}

export interface ClusterFile {
  /** `pid` is null for a server that was there before. */
  readonly nats: { readonly url: string; readonly pid: number | null };
  readonly acceptors: readonly RunningMember[];
  readonly proposers: readonly RunningMember[];
}

const CLUSTER_FILE = 'cluster.json';

export function writeClusterFile(directory: string, cluster: ClusterFile): void {
  writeFileAtomically(join(directory, CLUSTER_FILE), `${JSON.stringify(cluster, null, 2)}\n`);
}

export function removeClusterFile(directory: string): void {
  rmSync(join(directory, CLUSTER_FILE), { force: true });
}
