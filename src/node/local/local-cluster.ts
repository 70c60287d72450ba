// A whole cluster on this machine under one supervisor: nats-server, acceptors, proposers, each a process of its
// own. Owns their order, DIR/cluster.json and the lock on DIR; a single process is kept-process.ts's business.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { UpConfig } from '../config/up-config.ts';
import { StartError } from '../process/start-error.ts';
import type { ProcessSpec } from './child.ts';
import { type ClusterFile, removeClusterFile, writeClusterFile } from './cluster-file.ts';
import { openDirectory } from './data-directory.ts';
import { lockDirectory } from './directory-lock.ts';
import { checkMembership, recordMembership } from './directory-record.ts';
import { KeptProcess } from './kept-process.ts';
import {
  answers,
  claimPort,
  LOOPBACK,
  natsServerSpec,
  SERVER_CONFIG,
  versionAt,
  websocketConfig,
} from './nats-server.ts';
import { acceptorSpec, type NodePlace, proposerSpec } from './node-specs.ts';

/** A node that takes longer has a reason that a person must see. */
const READY_MS_MAX = 30_000;
/** What a process gets for finishing what it has in hand. */
const GRACE_MS = 5000;

/** Where a person is told what happens. */
export type Report = (sentence: string) => void;

export class LocalCluster {
  readonly #config: UpConfig;
  readonly #report: Report;
  readonly #unlock: () => void;
  #natsUrl = '';
  #monitorUrl: string | null = null;
  #websocketUrl: string | undefined;
  #natsVersion: string | undefined;
  #nats: KeptProcess | undefined;
  #acceptors: readonly KeptProcess[] = [];
  #proposers: readonly KeptProcess[] = [];
  #isReady = false;
  #isStopping = false;

  /** Takes the directory. @throws StartError when another supervisor has it, or it cannot be used. */
  constructor(config: UpConfig, report: Report) {
    this.#config = config;
    this.#report = report;
    const { directory } = config;
    this.#unlock = openDirectory(directory, () => {
      const unlock = lockDirectory(directory);
      removeClusterFile(directory);
      return unlock;
    });
  }

  /** Resolves when every process is ready. After a failure `stop()` is still to be called. @throws StartError */
  async start(): Promise<void> {
    const { acceptors } = await this.begin(READY_MS_MAX);
    await acceptors;
    this.showReady();
  }

  /**
   * Resolves when nats-server and the proposers are ready and the acceptors are on their way; who waits for these decides
   * how long, and calls `showReady()`.
   * @param acceptorMs within which each acceptor must be ready; null for no limit
   * @returns what resolves when every acceptor votes or is left stopped, and rejects when one cannot be started
   */
  async begin(acceptorMs: number | null): Promise<{ readonly acceptors: Promise<void> }> {
    const { directory, acceptors } = this.#config;
    checkMembership(directory, this.#config);
    const natsUrl = await this.#startNats();
    this.#natsUrl = natsUrl;
    this.#goOn();
    recordMembership(directory, this.#config);
    const place: NodePlace = { config: this.#config, natsUrl };
    this.#acceptors = acceptors.map(id => this.#kept(acceptorSpec(place, id)));
    this.#proposers = this.#config.proposers.map(name => this.#kept(proposerSpec(place, name)));
    const areVoting = Promise.all(this.#acceptors.map(member => member.start(acceptorMs)));
    const areServing = Promise.all(this.#proposers.map(member => member.start(READY_MS_MAX)));
    // What cannot be started ends it at once, whoever it is.
    await Promise.race([areServing, areVoting.then(() => areServing)]);
    const settled = areVoting.then(() => undefined);
    // It may be looked at later than it fails.
    settled.catch(() => undefined);
    return { acceptors: settled };
  }

  /** From now on DIR/cluster.json is there. */
  showReady(): void {
    this.#isReady = true;
    this.#writeFile();
  }

  /** The running processes. */
  get members(): ClusterFile {
    const { acceptors, proposers } = this.#config;
    return {
      nats: {
        url: this.#natsUrl,
        pid: this.#nats?.pid ?? null,
        monitor: this.#monitorUrl,
        ...(this.#websocketUrl === undefined ? {} : { websocket: this.#websocketUrl }),
      },
      acceptors: acceptors.map((id, index) => ({ id, pid: this.#acceptors[index]?.pid ?? null })),
      proposers: proposers.map((id, index) => ({ id, pid: this.#proposers[index]?.pid ?? null })),
    };
  }

  /** Of the NATS server; undefined where it does not say. */
  get natsVersion(): string | undefined {
    return this.#natsVersion;
  }

  /** The acceptors that have said that they vote, and run. */
  ready(): ReadonlySet<string> {
    const { acceptors } = this.#config;
    return new Set(acceptors.filter((_, index) => this.#acceptors[index]?.isReady === true));
  }

  /** The acceptors that ended and are not started again, with why. */
  leftStopped(): ReadonlyMap<string, string> {
    const { acceptors } = this.#config;
    return new Map(
      acceptors.flatMap((id, index) => {
        const why = this.#acceptors[index]?.leftWhy;
        return why === undefined ? [] : [[id, why] as const];
      }),
    );
  }

  /** Stops all of it: those that serve clients first, that which carries their messages last. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#isReady = false;
    removeClusterFile(this.#config.directory);
    await this.#stopAll('proposers', this.#proposers);
    await this.#stopAll('acceptors', this.#acceptors);
    await this.#stopAll('nats-server', this.#nats === undefined ? [] : [this.#nats]);
    this.#unlock();
  }

  /** Ends all of it at once. What was answered is on disk; what was in hand is unknown to its clients. */
  kill(): void {
    for (const member of [...this.#proposers, ...this.#acceptors]) member.kill();
    this.#nats?.kill();
    removeClusterFile(this.#config.directory);
    this.#unlock();
  }

  async #startNats(): Promise<string> {
    const { nats, directory } = this.#config;
    if (nats.kind === 'running') {
      await checkReachable(nats.urls);
      this.#natsVersion = await firstVersion(nats.urls);
      return nats.urls.join(',');
    }
    const port = await claimPort(nats.port, '--nats-port');
    const monitorPort =
      nats.monitorPort === null ? null : await claimPort(nats.monitorPort, '--nats-monitor-port');
    const configPath = await this.#natsConfig(nats);
    this.#goOn();
    this.#nats = this.#kept(
      natsServerSpec({ port, monitorPort, configPath }, join(directory, 'logs', 'nats-server.log')),
    );
    await this.#nats.start(READY_MS_MAX);
    this.#natsVersion = await versionAt(LOOPBACK, port);
    this.#monitorUrl = monitorPort === null ? null : `http://${LOOPBACK}:${monitorPort}`;
    return `nats://${LOOPBACK}:${port}`;
  }

  /** @returns the path of what the command line of nats-server cannot say. */
  async #natsConfig({ websocket }: Extract<UpConfig['nats'], { kind: 'own' }>): Promise<string> {
    const path = join(this.#config.directory, 'nats-server.conf');
    let config = SERVER_CONFIG;
    if (websocket !== undefined) {
      const port = await claimPort(websocket.port, '--nats-websocket-port');
      config += websocketConfig(port, websocket.origins);
      this.#websocketUrl = `ws://${LOOPBACK}:${port}`;
    }
    writeFileSync(path, config);
    return path;
  }

  /** Whoever stops it while it starts must not find processes afterwards. */
  #goOn(): void {
    if (this.#isStopping) throw new StartError('Cannot start the cluster: it was stopped.');
  }

  #kept(spec: ProcessSpec): KeptProcess {
    return new KeptProcess(spec, { report: this.#report, onPid: () => this.#writeFile() });
  }

  #writeFile(): void {
    if (!this.#isReady) return;
    try {
      writeClusterFile(this.#config.directory, this.members);
    } catch (error) {
      // Tools see old pids; the cluster itself is well and goes on.
      this.#report(`Cannot write cluster.json: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #stopAll(title: string, members: readonly KeptProcess[]): Promise<void> {
    if (members.length === 0) return;
    const startMs = performance.now();
    const areGraceful = await Promise.all(members.map(member => member.stop(GRACE_MS)));
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    const killed = members.filter((_, index) => areGraceful[index] === false).map(member => member.name);
    const force =
      killed.length === 0
        ? ''
        : `; ${killed.join(', ')} did not end within ${GRACE_MS / 1000} s and was killed`;
    this.#report(`stopped ${title} in ${seconds} s${force}`);
  }
}

async function checkReachable(urls: readonly string[]): Promise<void> {
  const replies = await Promise.all(urls.map(url => answers(...addressOf(url))));
  if (replies.includes(true)) return;
  throw new StartError(
    `Cannot reach a NATS server at ${urls.join(', ')}: start it, or leave out --nats (and NATS_URL) to get one of its own.`,
  );
}

async function firstVersion(urls: readonly string[]): Promise<string | undefined> {
  const versions = await Promise.all(urls.map(url => versionAt(...addressOf(url))));
  return versions.find(version => version !== undefined);
}

function addressOf(url: string): [host: string, port: number] {
  const { hostname, port } = new URL(url.includes('://') ? url : `nats://${url}`);
  return [hostname.replace(/^\[|\]$/g, ''), Number(port || '4222')];
}
