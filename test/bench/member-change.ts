// What a new acceptor costs: `node dist/test/bench/member-change.js [keys] [clients]`. Fills the files of three acceptors
// with registers of 100 bytes, starts a cluster over them as a user would, and has one acceptor replaced while clients
// write. Prints how long that took, and what clients got before, meanwhile and after.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { roleUsage, usageOf } from '../../src/bench/process-usage.ts';
import { type Client, connect } from '../../src/index.ts';
import { clusterConfig } from '../../src/node/config/config.ts';
import { upConfig } from '../../src/node/config/up-config.ts';
import { startChild } from '../../src/node/local/child.ts';
import { LocalCluster } from '../../src/node/local/local-cluster.ts';
import { acceptorSpec } from '../../src/node/local/node-specs.ts';
import { connectOperator, type Operator } from '../../src/node/operator/operator.ts';
import { OperatorError } from '../../src/node/operator/operator-steps.ts';
import { fillFile } from './filled-files.ts';

const [count = '1000000', clients = '64'] = process.argv.slice(2);
const KEYS = Number(count);
const CLIENTS = Number(clients);
const ALONE_MS = 5000;

const directory = await mkdtemp(join(tmpdir(), 'synod-bench-'));
const config = upConfig({ data: directory, natsPort: '0' }, {});

for (const acceptor of config.acceptors)
  await fillFile({ directory, cluster: config.cluster, acceptor, keys: KEYS });
report(`${KEYS} keys at each of ${config.acceptors.join(', ')}`);
const cluster = new LocalCluster(config, () => undefined);
let stopNew = (): Promise<unknown> => Promise.resolve();
try {
  await cluster.start();
  await measure(cluster.members.nats.url);
} finally {
  await stopNew();
  await cluster.stop();
  await rm(directory, { recursive: true });
}

async function measure(url: string): Promise<void> {
  const child = startChild(acceptorSpec({ config, natsUrl: url }, 'a4'));
  stopNew = () => {
    child.signal('SIGTERM');
    return child.ended;
  };
  const client = await connect({ servers: url });
  const operator = await connectOperator(clusterConfig({ nats: url }, {}));
  const load = startLoad(client, () => cpuSeconds(child.pid));
  try {
    await delay(2000);
    const before = await load.during(() => delay(ALONE_MS));
    report(`before:    ${before.text}`);
    let keys = 0;
    const store = await storeOf(operator, 'a4');
    await operator.begin({ a4: store }, ['a1']);
    report(`joint:     ${(await load.during(() => delay(ALONE_MS))).text}`);
    const meanwhile = await load.during(async () => {
      await operator.finish(progress => {
        keys = progress.keys;
      });
    });
    report(`meanwhile: ${meanwhile.text}: ${Math.round(keys / meanwhile.seconds)} keys/s, ${keys} keys`);
    report(`after:     ${(await load.during(() => delay(ALONE_MS))).text}`);
    report(`clients kept ${Math.round((100 * meanwhile.rate) / before.rate)} % of their throughput`);
  } finally {
    await load.stop();
    await operator.close();
    await client.close();
  }
}

/** Of the cluster, the new acceptor and this process. */
function cpuSeconds(child: number | null): number {
  const usages = [...Object.values(usageOf(cluster.members)), roleUsage([child])];
  return usages.reduce((sum, usage) => sum + (usage?.cpuMs ?? 0) / 1000, 0);
}

interface Figures {
  readonly seconds: number;
  readonly rate: number;
  readonly text: string;
}

function startLoad(
  client: Client,
  cpu: () => number,
): {
  during(act: () => Promise<unknown>): Promise<Figures>;
  stop(): Promise<void>;
} {
  let isOver = false;
  let writes = 0;
  let failures = 0;
  let lastMs = performance.now();
  let longestGapMs = 0;
  const write = async (i: number): Promise<void> => {
    for (let round = 0; !isOver; round++) {
      const done = await client
        .variable(`load.${i}.${round % 100}`)
        .write(round)
        .catch(() => undefined);
      const nowMs = performance.now();
      if (done === undefined) failures += 1;
      else {
        writes += 1;
        longestGapMs = Math.max(longestGapMs, nowMs - lastMs);
        lastMs = nowMs;
      }
    }
  };
  const writers = Array.from({ length: CLIENTS }, (_, i) => write(i));
  return {
    during: async act => {
      const startMs = performance.now();
      [writes, failures, longestGapMs] = [0, 0, 0];
      const cpuBefore = cpu();
      await act();
      const cores = (cpu() - cpuBefore) / ((performance.now() - startMs) / 1000);
      const seconds = (performance.now() - startMs) / 1000;
      const rate = writes / seconds;
      const gap = longestGapMs.toFixed(0);
      const text = `${seconds.toFixed(1)} s, ${rate.toFixed(0)} writes/s, ${failures} failed, longest gap ${gap} ms, ${cores.toFixed(2)} cores`;
      return { seconds, rate, text };
    },
    stop: async () => {
      isOver = true;
      await Promise.all(writers);
    },
  };
}

async function storeOf(operator: Operator, id: string): Promise<string> {
  for (;;) {
    try {
      return await operator.storeOf(id);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      await delay(100);
    }
  }
}

function report(line: string): void {
  console.log(line);
}
