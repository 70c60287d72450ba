// NATS JetStream: three servers on this machine with their default settings, and a key-value bucket with three
// replicas. The load is connected to the server that leads the bucket, so that no request takes another hop. It
// acknowledges what a majority holds in memory; the disk is synced every two minutes.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ask } from '../../../src/bench/requests.ts';
import { answers, LOOPBACK } from '../../../src/node/local/nats-server.ts';
import type { Message } from '../../../src/transport/transport.ts';
import { openJetStreamLibrary } from './jetstream-library.ts';
import { BUCKET, BUCKET_INFO, CREATE_BUCKET, jetStreamKeyValue, leaderIn } from './jetstream-messages.ts';
import { keyValueSystem } from './key-value-system.ts';
import { librarySystem } from './library.ts';
import { NatsAsker } from './nats-asker.ts';
import { natsServerVersion } from './programs.ts';
import { eventually, freePorts, type ServerSpec, startServers } from './server-group.ts';
import type { RunningSystem, System } from './system.ts';
import { WORKLOAD_CLIENTS } from './workloads.ts';

const NODES = 3;

/** @param byLibrary asked by the package `nats`, else by the load's own messages */
export function jetStream(program: string, byLibrary: boolean): System {
  return {
    name: 'JetStream',
    workloads: WORKLOAD_CLIENTS,
    start: directory => startJetStream(program, byLibrary, directory),
  };
}

async function startJetStream(
  program: string,
  byLibrary: boolean,
  directory: string,
): Promise<RunningSystem> {
  const nodes = await planNodes();
  mkdirSync(directory, { recursive: true });
  const servers = await startServers(
    directory,
    nodes.map(node => serverSpec(program, directory, { node, nodes })),
  );
  try {
    const leader = urlOf(await createBucket(nodes));
    const served = {
      version: `JetStream of ${natsServerVersion(program)}`,
      servers: { 'nats-server': servers.pids },
      close: () => servers.stop(),
    };
    if (byLibrary) return librarySystem(await openJetStreamLibrary(leader, BUCKET), served);
    const asker = await NatsAsker.connect(leader);
    return keyValueSystem(jetStreamKeyValue, asker.requests, {
      ...served,
      close: async () => {
        await asker.close();
        await served.close();
      },
    });
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

interface Node {
  readonly name: string;
  readonly port: number;
  readonly routePort: number;
}

async function planNodes(): Promise<readonly Node[]> {
  const ports = await freePorts(NODES * 2);
  return Array.from({ length: NODES }, (_, index) => ({
    name: `nats-${index + 1}`,
    port: ports[index] ?? 0,
    routePort: ports[index + NODES] ?? 0,
  }));
}

function serverSpec(
  program: string,
  directory: string,
  { node, nodes }: { readonly node: Node; readonly nodes: readonly Node[] },
): ServerSpec {
  const { name, port, routePort } = node;
  const path = join(directory, `${name}.conf`);
  const routes = nodes.map(one => `nats://${LOOPBACK}:${one.routePort}`);
  // The configuration of nats-server takes JSON.
  const config = {
    server_name: name,
    host: LOOPBACK,
    port,
    jetstream: { store_dir: join(directory, name) },
    cluster: { name: 'bench', host: LOOPBACK, port: routePort, routes },
  };
  writeFileSync(path, JSON.stringify(config, null, 2));
  return { name, program, args: ['--config', path], isReady: () => answers(LOOPBACK, port) };
}

/** Resolves when the bucket has a leader and three replicas. */
async function createBucket(nodes: readonly Node[]): Promise<Node> {
  const [first] = nodes;
  if (first === undefined) throw new Error('There is no server');
  const asker = await NatsAsker.connect(urlOf(first));
  try {
    const ask = (one: Ask): Promise<Message | undefined> => asker.ask(one);
    await eventually(async () => leaderIn(await ask(CREATE_BUCKET)));
    const name = await eventually(async () => leaderIn(await ask(BUCKET_INFO)));
    return nodes.find(node => node.name === name) ?? first;
  } finally {
    await asker.close();
  }
}

function urlOf({ port }: Node): string {
  return `nats://${LOOPBACK}:${port}`;
}
