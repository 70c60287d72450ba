// The servers of a peer: started together, ended together, each with a log of its own.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeptProcess } from '../../../src/node/local/kept-process.ts';
import { claimPort, tiedToSupervisor } from '../../../src/node/local/nats-server.ts';

export interface ServerSpec {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly isReady: () => Promise<boolean>;
}

const READY_MS_MAX = 30_000;
const GRACE_MS = 5000;
const RETRY_MS = 100;

/** @throws StartError when one of them does not come up; the others are ended then. */
export async function startServers(directory: string, specs: readonly ServerSpec[]): Promise<ServerGroup> {
  const group = new ServerGroup(directory, specs);
  try {
    await group.start();
    return group;
  } catch (error) {
    await group.stop();
    throw error;
  }
}

export class ServerGroup {
  readonly #servers: readonly KeptProcess[];

  constructor(directory: string, specs: readonly ServerSpec[]) {
    this.#servers = specs.map(({ name, program, args, isReady }) => {
      const spec = {
        name,
        ...tiedToSupervisor(program, args),
        env: process.env,
        logPath: join(directory, `${name}.log`),
        readiness: { kind: 'probe', probe: isReady },
      } as const;
      const report = (sentence: string): void => void process.stderr.write(`${sentence}\n`);
      return new KeptProcess(spec, { report, onPid: () => undefined });
    });
  }

  get pids(): readonly number[] {
    return this.#servers.map(({ pid }) => pid).filter(pid => pid !== null);
  }

  async start(): Promise<void> {
    await Promise.all(this.#servers.map(server => server.start(READY_MS_MAX)));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map(server => server.stop(GRACE_MS)));
  }
}

/** Ports that are free now. */
export async function freePorts(count: number): Promise<readonly number[]> {
  return Promise.all(Array.from({ length: count }, () => claimPort(0, '--nats-port')));
}

/** Tries again until it succeeds: a cluster that has just started has no leader yet. */
export async function eventually<Result>(work: () => Promise<Result>): Promise<Result> {
  for (const endMs = performance.now() + READY_MS_MAX; ; ) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await sleep(RETRY_MS);
    }
  }
}
