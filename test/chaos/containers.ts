// The driver for containers: the cluster of docker-compose.yml as it is, but for the ports that it publishes. Has the
// faults that Docker itself can do; removes what it started, volumes included.

import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { claimPort, LOOPBACK } from '../../src/node/nats-server.ts';
import type { Driver } from './driver.ts';
import { served } from './processes.ts';
import { ACCEPTORS, type Fault, NATS_SERVERS } from './scenario.ts';

const run = promisify(execFile);

const ROOT = join(import.meta.dirname, '../../..');
const FIRST_PORT = 4222;
const DASHBOARD_PORT = `${LOOPBACK}:4280:`;
const READY_MS_MAX = 60_000;
const POLL_MS = 100;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** Undefined where containers can be run. */
export function containersProblem(): string | undefined {
  const engine = spawnSync('docker', ['info', '--format', '{{.ServerVersion}}'], { encoding: 'utf8' });
  if (engine.status !== 0) return 'no Docker engine runs here (`docker info` says why)';
  return spawnSync('docker', ['compose', 'version'], { stdio: 'ignore' }).status === 0
    ? undefined
    : '`docker compose` is not installed here';
}

interface Container {
  readonly id: string;
  readonly service: string;
  /** How often it had said that it is ready when the fault began. */
  readies: number;
}

export class Containers implements Driver {
  readonly #project = `synod-chaos-${process.pid}`;
  readonly #isBuilt: boolean;
  /** Empty until the start. */
  #directory = '';
  readonly #containers = new Map<string, Container>();
  #ports: readonly number[] = [];

  /** `isBuilt`: the image is there and is taken as it is, for to build one takes minutes. */
  constructor({ isBuilt }: { isBuilt: boolean }) {
    this.#isBuilt = isBuilt;
  }

  get nats(): readonly string[] {
    return this.#ports.map(port => `nats://${LOOPBACK}:${port}`);
  }

  can(fault: Fault): boolean {
    return ['pause', 'kill', 'restart', 'cut'].includes(fault);
  }

  async start(): Promise<void> {
    this.#ports = await Promise.all(NATS_SERVERS.map(() => claimPort(0, '-')));
    const text = this.#ports.reduce(
      (composed, port, i) => composed.replace(`${LOOPBACK}:${FIRST_PORT + i}:`, `${LOOPBACK}:${port}:`),
      readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8').replace(DASHBOARD_PORT, `${LOOPBACK}::`),
    );
    this.#directory = mkdtempSync(join(tmpdir(), 'synod-containers-'));
    writeFileSync(this.#file, text);
    await this.#compose('up', this.#isBuilt ? '--no-build' : '--build', '--detach');
    for (const [i, name] of NATS_SERVERS.entries()) await this.#find(`nats-${i + 1}`, [name]);
    for (const name of ACCEPTORS) await this.#find(name, [name]);
    await this.#find('proposer', ['p1', 'p2']);
    await Promise.all(this.nats.map((url, i) => served(url, `chaos.ready.${i}`)));
  }

  async strike(fault: Fault, target: string): Promise<void> {
    const container = this.#container(target);
    switch (fault) {
      case 'pause':
        await docker('pause', container.id);
        break;
      case 'kill':
        container.readies = await readies(container.id);
        await docker('kill', '--signal', 'KILL', container.id);
        break;
      case 'restart':
        container.readies = await readies(container.id);
        await docker('stop', container.id);
        break;
      case 'cut':
        await docker('network', 'disconnect', this.#network, container.id);
        break;
      default:
        throw new Error(`Cannot ${fault} a container`);
    }
  }

  async heal(fault: Fault, target: string): Promise<void> {
    const { id, service, readies: before } = this.#container(target);
    if (fault === 'pause') await docker('unpause', id);
    else if (fault === 'cut') await docker('network', 'connect', '--alias', service, this.#network, id);
    else {
      await docker('start', id);
      const untilMs = performance.now() + READY_MS_MAX;
      while ((await readies(id)) <= before) {
        if (performance.now() > untilMs) throw new Error(`${target} was not ready again in time`);
        await sleep(POLL_MS);
      }
    }
  }

  async stop(): Promise<void> {
    if (this.#directory === '') return;
    await this.#compose('down', '--volumes', '--timeout', '5');
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Scaled services have their containers in the order of their names. */
  async #find(service: string, names: readonly string[]): Promise<void> {
    const ids = (await this.#compose('ps', '--quiet', service)).split('\n').filter(id => id !== '');
    if (ids.length !== names.length) throw new Error(`${service} has ${ids.length} containers`);
    for (const [i, name] of names.entries())
      this.#containers.set(name, { id: ids[i] ?? '', service, readies: 0 });
  }

  #container(name: string): Container {
    const container = this.#containers.get(name);
    if (container === undefined) throw new Error(`There is no ${name}`);
    return container;
  }

  #compose(...args: readonly string[]): Promise<string> {
    const place = ['--project-name', this.#project, '--project-directory', ROOT, '--file', this.#file];
    return docker('compose', ...place, ...args);
  }

  get #file(): string {
    return join(this.#directory, 'docker-compose.yml');
  }

  get #network(): string {
    return `${this.#project}_default`;
  }
}

async function docker(...args: readonly string[]): Promise<string> {
  return (await run('docker', args, { maxBuffer: OUTPUT_BYTES_MAX })).stdout;
}

/** Nodes say `ready acceptor a1`, servers `Server is ready`; both keep their logs over their lives. */
async function readies(id: string): Promise<number> {
  const { stdout, stderr } = await run('docker', ['logs', id], { maxBuffer: OUTPUT_BYTES_MAX });
  return `${stdout}\n${stderr}`.split('\n').filter(line => /^ready |Server is ready$/.test(line)).length;
}
