// DIR/cluster.json: the running processes, for tools. It is there while the cluster is ready, and only then.

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from './atomic-file.ts';

const pid = z.number().nullable();
const members = z.array(z.object({ id: z.string(), pid })).readonly();

const clusterFile = z.object({
  /** `pid` is null for a server that was there before, `monitor` is the URL of its HTTP monitoring. */
  nats: z.object({
    url: z.string(),
    pid,
    monitor: z.string().nullable(),
    /** The URL for pages in browsers. */
    websocket: z.string().optional(),
  }),
  acceptors: members,
  proposers: members,
});

export type ClusterFile = Readonly<z.output<typeof clusterFile>>;

const CLUSTER_FILE = 'cluster.json';

/** @throws Error when there is none that can be used. */
export function readClusterFile(directory: string): ClusterFile {
  return clusterFile.parse(JSON.parse(readFileSync(join(directory, CLUSTER_FILE), 'utf8')));
}

export function writeClusterFile(directory: string, cluster: ClusterFile): void {
  writeFileAtomically(join(directory, CLUSTER_FILE), `${JSON.stringify(cluster, null, 2)}\n`);
}

export function removeClusterFile(directory: string): void {
  rmSync(join(directory, CLUSTER_FILE), { force: true });
}
