// Synod itself, as `synod up` runs it with its default settings, under the workloads of `synod bench`.

import { steadyClock } from '../../../src/bench/bench-clock.ts';
import { fill } from '../../../src/bench/fill.ts';
import { Load } from '../../../src/bench/load.ts';
import type { StepPlan } from '../../../src/bench/place.ts';
import { workloadNamed } from '../../../src/bench/workloads.ts';
import { upConfig } from '../../../src/node/config/up-config.ts';
import type { ClusterFile } from '../../../src/node/local/cluster-file.ts';
import { LocalCluster } from '../../../src/node/local/local-cluster.ts';
import { packageVersion } from '../../../src/node/process/version.ts';
import { librarySystem, type OpenLibrary } from './library.ts';
import { NatsAsker } from './nats-asker.ts';
import { natsServerVersion } from './programs.ts';
import type { RunningSystem, System } from './system.ts';
import { WORKLOAD_CLIENTS } from './workloads.ts';

/** @param open the library that asks it; else it is asked as by `synod bench` */
export function synod(natsServer: string, open?: OpenLibrary): System {
  const start = (directory: string): Promise<RunningSystem> => startSynod(natsServer, open, directory);
  return { name: 'Synod', workloads: WORKLOAD_CLIENTS, start };
}

async function startSynod(
  natsServer: string,
  open: OpenLibrary | undefined,
  directory: string,
): Promise<RunningSystem> {
  const cluster = new LocalCluster(upConfig({ data: directory, natsPort: '0' }, {}), () => undefined);
  try {
    await cluster.start();
    const { url } = cluster.members.nats;
    const served = {
      version: `Synod ${packageVersion()} over ${natsServerVersion(natsServer)}`,
      servers: serversOf(cluster.members),
      close: () => cluster.stop(),
    };
    if (open !== undefined) return librarySystem(await open(url), served);
    const asker = await NatsAsker.connect(url);
    const filled = new Set<string>();
    return {
      ...served,
      prepare: plan => prepare(plan, asker, filled),
      load: (plan, pace) => {
        const { session } = workloadNamed(plan.workload);
        const sessions = Array.from({ length: plan.clients }, (_, client) => session(plan, client));
        return new Load(asker.requests, steadyClock(), sessions, pace);
      },
      // That no acknowledged update is lost is the linearizability checker's to say.
      lostUpdates: async () => null,
      close: async () => {
        await asker.close();
        await served.close();
      },
    };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

async function prepare(plan: StepPlan, { requests }: NatsAsker, filled: Set<string>): Promise<void> {
  for (const filling of workloadNamed(plan.workload).fillings) {
    const wanted = filling(plan);
    if (filled.has(wanted.name)) continue;
    await fill(requests, wanted, { first: 0, of: 1 }, () => undefined);
    filled.add(wanted.name);
  }
}

function serversOf({ nats, acceptors, proposers }: ClusterFile): Readonly<Record<string, readonly number[]>> {
  const pids = (members: readonly { readonly pid: number | null }[]): readonly number[] =>
    members.map(({ pid }) => pid).filter(pid => pid !== null);
  return { 'nats-server': pids([nats]), acceptors: pids(acceptors), proposers: pids(proposers) };
}
