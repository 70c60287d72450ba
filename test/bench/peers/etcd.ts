// etcd: three nodes on this machine with its default settings, so that every write is synced. The load goes to the
// leader: a follower would pass each request on.

import { join } from 'node:path';
import type { Sender } from '../../../src/bench/requests.ts';
import { LOOPBACK } from '../../../src/node/local/nats-server.ts';
import { type EtcdRequest, etcdKeyValue, readStatus, STATUS } from './etcd-messages.ts';
import { type GrpcConnection, type GrpcReply, openGrpc } from './grpc.ts';
import { keyValueSystem } from './key-value-system.ts';
import { librarySystem, type OpenLibrary } from './library.ts';
import { eventually, freePorts, type ServerSpec, startServers } from './server-group.ts';
import type { RunningSystem, System } from './system.ts';
import { WORKLOAD_CLIENTS } from './workloads.ts';

const NODES = 3;
const PROBE_TIMEOUT_MS = 1000;

/** @param open the library that asks it; else it is asked by the load's own messages */
export function etcd(program: string, open?: OpenLibrary): System {
  const start = (directory: string): Promise<RunningSystem> => startEtcd(program, open, directory);
  return { name: 'etcd', workloads: WORKLOAD_CLIENTS, start };
}

async function startEtcd(
  program: string,
  open: OpenLibrary | undefined,
  directory: string,
): Promise<RunningSystem> {
  const nodes = await planNodes();
  const servers = await startServers(
    directory,
    nodes.map(node => serverSpec(program, directory, { node, nodes })),
  );
  try {
    const { connection, url, version } = await eventually(() => connectToLeader(nodes));
    const served = {
      version: `etcd ${version}`,
      servers: { etcd: servers.pids },
      close: async () => {
        await connection.close();
        await servers.stop();
      },
    };
    if (open !== undefined) return librarySystem(await open(url), served);
    const sender: Sender<EtcdRequest, GrpcReply> = {
      send: ({ path, bytes }, onEnd) => connection.call(path, bytes, onEnd),
    };
    return keyValueSystem(etcdKeyValue, sender, served);
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

interface Node {
  readonly name: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
}

async function planNodes(): Promise<readonly Node[]> {
  const ports = await freePorts(NODES * 2);
  return Array.from({ length: NODES }, (_, index) => ({
    name: `etcd-${index + 1}`,
    clientUrl: `http://${LOOPBACK}:${ports[index]}`,
    peerUrl: `http://${LOOPBACK}:${ports[index + NODES]}`,
  }));
}

function serverSpec(
  program: string,
  directory: string,
  { node, nodes }: { readonly node: Node; readonly nodes: readonly Node[] },
): ServerSpec {
  const { name, clientUrl, peerUrl } = node;
  const flags = {
    name,
    'data-dir': join(directory, name),
    'listen-client-urls': clientUrl,
    'advertise-client-urls': clientUrl,
    'listen-peer-urls': peerUrl,
    'initial-advertise-peer-urls': peerUrl,
    'initial-cluster': nodes.map(one => `${one.name}=${one.peerUrl}`).join(','),
    'initial-cluster-state': 'new',
  };
  const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
  return { name, program, args, isReady: () => isHealthy(clientUrl) };
}

async function isHealthy(clientUrl: string): Promise<boolean> {
  try {
    const response = await fetch(`${clientUrl}/health`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    return response.ok;
  } catch {
    return false;
  }
}

async function connectToLeader(
  nodes: readonly Node[],
): Promise<{ readonly connection: GrpcConnection; readonly url: string; readonly version: string }> {
  for (const { clientUrl } of nodes) {
    const connection = await openGrpc(clientUrl);
    const reply = await new Promise<GrpcReply>(resolve => {
      connection.call(STATUS.path, STATUS.bytes, resolve);
    });
    const { isLeader, version } = readStatus(reply);
    if (isLeader) return { connection, url: clientUrl, version };
    await connection.close();
  }
  throw new Error('No node of etcd leads');
}
