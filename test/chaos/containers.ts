// The driver for containers: the cluster of docker-compose.yml as it is, but for the ports that it publishes. Removes
// what it started, volumes included.

import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { claimPort, LOOPBACK } from '../../src/node/local/nats-server.ts';
import { ComposeFile } from './compose-file.ts';
import { calm, disturb, isLineFault, linesProblem } from './container-line.ts';
import type { Driver } from './driver.ts';
import { served } from './processes.ts';
import { ACCEPTORS, CLOCK_FAULTS, type Fault, NATS_SERVERS, PROCESS_FAULTS, PROPOSERS } from './scenario.ts';

const run = promisify(execFile);

const ROOT = join(import.meta.dirname, '../../..');
const READY_MS_MAX = 60_000;
const POLL_MS = 100;
const PAUSE_ATTEMPTS_MAX = 5;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
/** Nodes say `ready acceptor a1`, servers `Server is ready`. */
const READY = /^ready |Server is ready$/;
const WAITING = /"event":"waiting_to_be_made_a_member"/;

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
  /** How often it had said that it is ready when the fault began: it keeps its log over its lives. */
  readies: number;
}

export class Containers implements Driver {
  readonly #project = `synod-chaos-${process.pid}`;
  readonly #isBuilt: boolean;
  /** Empty until the start. */
  #directory = '';
  readonly #containers = new Map<string, Container>();
  #file: ComposeFile | undefined;
  #ports: readonly number[] = [];
  /** The number in the id of the acceptor that was made last. */
  #newest: number = ACCEPTORS.length;
  #scaled: Promise<void> = Promise.resolve();

  /** `isBuilt`: the image is there and is taken as it is, for to build one takes minutes. */
  constructor({ isBuilt }: { isBuilt: boolean }) {
    this.#isBuilt = isBuilt;
  }

  get nats(): readonly string[] {
    return this.#ports.map(port => `nats://${LOOPBACK}:${port}`);
  }

  whyNot(fault: Fault): string | undefined {
    if (CLOCK_FAULTS.includes(fault)) return 'containers share the clock of the machine';
    if (PROCESS_FAULTS.includes(fault)) return 'it is done to plain processes alone';
    return isLineFault(fault) ? linesProblem() : undefined;
  }

  async start(): Promise<void> {
    this.#ports = await Promise.all(NATS_SERVERS.map(() => claimPort(0, '-')));
    this.#directory = mkdtempSync(join(tmpdir(), 'synod-containers-'));
    const original = ['--file', join(ROOT, 'docker-compose.yml'), 'config', '--format', 'json'];
    const resolved = await docker('compose', '--project-name', this.#project, ...original);
    this.#file = new ComposeFile(join(this.#directory, 'compose.json'), resolved);
    this.#ports.forEach((port, i) => {
      this.#file?.publish(`nats-${i + 1}`, port);
    });
    this.#file.hide('dashboard');
    if (!this.#isBuilt) await this.#build();
    await this.#compose('up', '--no-build', '--detach');
    for (const [i, name] of NATS_SERVERS.entries()) await this.#find(`nats-${i + 1}`, [name]);
    for (const name of ACCEPTORS) await this.#find(name, [name]);
    await this.#find('proposer', PROPOSERS);
    await Promise.all(this.nats.map((url, i) => served(url, `chaos.ready.${i}`)));
  }

  async strike(fault: Fault, target: string): Promise<void> {
    if (fault === 'scale') return this.#scale(targetNumber(target));
    const container = this.#container(target);
    const { id } = container;
    if (isLineFault(fault)) return disturb(await pidOf(id), fault);
    switch (fault) {
      case 'pause':
        await pause(id);
        break;
      case 'kill':
        container.readies = await said(id, READY);
        await docker('kill', '--signal', 'KILL', id);
        break;
      case 'restart':
        container.readies = await said(id, READY);
        await docker('stop', id);
        break;
      case 'lose':
        await docker('rm', '--force', id);
        await docker('volume', 'rm', `${this.#project}_${container.service}`);
        break;
      case 'cut':
        await docker('network', 'disconnect', this.#network, id);
        break;
      default:
        throw new Error(`Cannot ${fault} a container`);
    }
  }

  async heal(fault: Fault, target: string): Promise<void> {
    if (fault === 'scale') return this.#scale(PROPOSERS.length);
    const { id, service, readies } = this.#container(target);
    if (isLineFault(fault)) return calm(await pidOf(id), fault);
    switch (fault) {
      case 'pause':
        await docker('unpause', id);
        break;
      case 'cut':
        await docker('network', 'connect', '--alias', service, this.#network, id);
        break;
      case 'lose':
        await this.#lose(target, service);
        break;
      default:
        await docker('start', id);
        await heard(id, READY, readies + 1);
    }
  }

  async stop(): Promise<void> {
    if (this.#file === undefined) return;
    await this.#compose('down', '--volumes', '--remove-orphans', '--timeout', '5');
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Shows the progress: it takes seconds, or minutes when npm packages have to be fetched and compiled. */
  async #build(): Promise<void> {
    console.error(
      'building the image, a few minutes at the first time (--built takes the one that is there)',
    );
    const startMs = performance.now();
    const build = spawn('docker', ['compose', '--progress', 'plain', ...this.#place, 'build'], {
      stdio: ['ignore', 2, 2],
    });
    const [code] = await once(build, 'exit');
    if (code !== 0) throw new Error('The image could not be built');
    console.error(`built in ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
  }

  /** As an operator does it, with the `synod` of a container. */
  async #lose(target: string, before: string): Promise<void> {
    this.#newest += 1;
    const after = `a${this.#newest}`;
    this.#file?.exchange(before, after);
    await this.#compose('up', '--no-build', '--no-deps', '--detach', after);
    await this.#find(after, [target]);
    const { id } = this.#container(target);
    await heard(id, WAITING, 1);
    await this.#compose('run', '--rm', '--no-deps', '-T', 'proposer', 'member', 'replace', before, after);
    await heard(id, READY, 1);
  }

  /** One after another, or the later one might come to its end first. */
  #scale(proposers: number): Promise<void> {
    this.#scaled = this.#scaled.then(() => this.#scaleTo(proposers));
    return this.#scaled;
  }

  /** Resolves when all are ready. Those with the highest numbers come last, and go first. */
  async #scaleTo(proposers: number): Promise<void> {
    const place = ['--no-build', '--no-deps', '--no-recreate', '--detach'];
    await this.#compose('up', ...place, '--scale', `proposer=${proposers}`, 'proposer');
    const ids = await this.#idsOf('proposer');
    if (ids.length !== proposers) throw new Error(`There are ${ids.length} proposers, not ${proposers}`);
    await Promise.all(ids.map(id => heard(id, READY, 1)));
  }

  /** Scaled services have their containers in the order of their names. */
  async #find(service: string, names: readonly string[]): Promise<void> {
    const ids = await this.#idsOf(service);
    if (ids.length !== names.length) throw new Error(`${service} has ${ids.length} containers`);
    for (const [i, name] of names.entries())
      this.#containers.set(name, { id: ids[i] ?? '', service, readies: 0 });
  }

  async #idsOf(service: string): Promise<readonly string[]> {
    return (await this.#compose('ps', '--quiet', service)).split('\n').filter(id => id !== '');
  }

  #container(name: string): Container {
    const container = this.#containers.get(name);
    if (container === undefined) throw new Error(`There is no ${name}`);
    return container;
  }

  #compose(...args: readonly string[]): Promise<string> {
    return docker('compose', ...this.#place, ...args);
  }

  get #place(): readonly string[] {
    return ['--project-name', this.#project, '--file', this.#file?.path ?? ''];
  }

  get #network(): string {
    return `${this.#project}_default`;
  }
}

/** 4 of `p4`: so many there are with it. */
function targetNumber(target: string): number {
  return Number(target.slice(1));
}

async function docker(...args: readonly string[]): Promise<string> {
  return (await run('docker', args, { maxBuffer: OUTPUT_BYTES_MAX })).stdout;
}

/** Some runtimes give up to freeze a container when the machine is busy, and leave it running. */
async function pause(id: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await docker('pause', id);
      return;
    } catch (error) {
      if (attempt === PAUSE_ATTEMPTS_MAX) throw error;
    }
  }
}

async function pidOf(id: string): Promise<number> {
  return Number(await docker('inspect', '--format', '{{.State.Pid}}', id));
}

async function said(id: string, line: RegExp): Promise<number> {
  const { stdout, stderr } = await run('docker', ['logs', id], { maxBuffer: OUTPUT_BYTES_MAX });
  return `${stdout}\n${stderr}`.split('\n').filter(each => line.test(each)).length;
}

/** Waits until a line like that is in its log so many times. */
async function heard(id: string, line: RegExp, times: number): Promise<void> {
  const untilMs = performance.now() + READY_MS_MAX;
  while ((await said(id, line)) < times) {
    if (performance.now() > untilMs) throw new Error(`A container did not say ${line} in time`);
    await sleep(POLL_MS);
  }
}
