// Three etcd nodes on this machine, with default settings, asked over their JSON gateway.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, type ProcessSpec, startChild } from '../../src/node/local/child.ts';
import { claimPort, LOOPBACK } from '../../src/node/local/nats-server.ts';

const PROBE_MS = 1000;

export function findEtcd(): string | undefined {
  return ['/usr/bin/etcd', '/usr/local/bin/etcd'].find(path => existsSync(path));
}

interface Node {
  readonly url: string;
  readonly spec: ProcessSpec;
  child: Child | undefined;
}

export class EtcdCluster {
  readonly #program: string;
  readonly #directory = mkdtempSync(join(tmpdir(), 'synod-etcd-'));
  #nodes: readonly Node[] = [];

  constructor(program: string) {
    this.#program = program;
  }

  async start(): Promise<void> {
    const ports = await Promise.all(
      [0, 1, 2].map(async () => ({ client: await claimPort(0, '-'), peer: await claimPort(0, '-') })),
    );
    const peers = ports.map(({ peer }, i) => `e${i}=http://${LOOPBACK}:${peer}`).join(',');
    this.#nodes = ports.map(({ client, peer }, i) => {
      const url = `http://${LOOPBACK}:${client}`;
      return { url, spec: this.#spec(i, url, `http://${LOOPBACK}:${peer}`, peers), child: undefined };
    });
    await Promise.all(this.#nodes.map(begin));
  }

  async leader(): Promise<number> {
    const statuses = await Promise.all(
      this.#nodes.map(({ url }) => post(url, 'maintenance/status', {}, PROBE_MS)),
    );
    const index = statuses.findIndex(
      status =>
        status.leader !== undefined && status.leader === (status.header as { member_id?: unknown }).member_id,
    );
    if (index < 0) throw new Error('No etcd node leads');
    return index;
  }

  /** @returns what asks once; after a failure it goes to the next of the nodes. */
  client(nodes: readonly number[], patienceMs: number): (turn: number) => Promise<string> {
    let at = 0;
    return async turn => {
      const url = this.#nodes[nodes[at % nodes.length] ?? 0]?.url ?? '';
      const key = Buffer.from(`available.${nodes.join()}.${turn % 8}`).toString('base64');
      try {
        if (turn % 2 === 0)
          await post(url, 'kv/put', { key, value: Buffer.from(String(turn)).toString('base64') }, patienceMs);
        else await post(url, 'kv/range', { key }, patienceMs);
        return 'answered';
      } catch (error) {
        at += 1;
        return error instanceof Error ? error.name : 'failed';
      }
    };
  }

  async strike(fault: 'pause' | 'kill', node: number): Promise<void> {
    const child = this.#nodes[node]?.child;
    child?.signal(fault === 'pause' ? 'SIGSTOP' : 'SIGKILL');
    if (fault === 'kill') await child?.ended;
  }

  async heal(fault: 'pause' | 'kill', index: number): Promise<void> {
    const node = this.#nodes[index];
    if (fault === 'pause') node?.child?.signal('SIGCONT');
    else if (node !== undefined) await begin(node);
  }

  async stop(): Promise<void> {
    for (const { child } of this.#nodes) child?.signal('SIGKILL');
    await Promise.all(this.#nodes.map(({ child }) => child?.ended));
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #spec(i: number, client: string, peer: string, peers: string): ProcessSpec {
    const options = {
      name: `e${i}`,
      'data-dir': join(this.#directory, `e${i}`),
      'listen-client-urls': client,
      'advertise-client-urls': client,
      'listen-peer-urls': peer,
      'initial-advertise-peer-urls': peer,
      'initial-cluster': peers,
    };
    return {
      name: `etcd e${i}`,
      // etcd does not notice when this process is killed, so the kernel tells it.
      command: 'setpriv',
      args: [
        '--pdeathsig',
        'SIGKILL',
        this.#program,
        ...Object.entries(options).map(([k, v]) => `--${k}=${v}`),
      ],
      env: process.env,
      logPath: join(this.#directory, `e${i}.log`),
      readiness: { kind: 'probe', probe: () => isHealthy(client) },
    };
  }
}

async function begin(node: Node): Promise<void> {
  node.child = startChild(node.spec);
  await Promise.race([
    node.child.ready,
    node.child.ended.then(how => Promise.reject(new Error(`${node.spec.name} ${how}`))),
  ]);
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const reply = await fetch(`${url}/health`, { signal: AbortSignal.timeout(PROBE_MS) });
    return reply.ok;
  } catch {
    return false;
  }
}

async function post(
  url: string,
  path: string,
  body: object,
  patienceMs: number,
): Promise<Readonly<Record<string, unknown>>> {
  const reply = await fetch(`${url}/v3/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(patienceMs),
  });
  const answer = (await reply.json()) as Readonly<Record<string, unknown>>;
  if (!reply.ok) throw new Error(String(answer.error));
  return answer;
}
