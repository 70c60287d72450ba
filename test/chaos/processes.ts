// The driver for plain processes: three nats-servers as one cluster, three acceptors with real files, two proposers,
// each node behind a link of its own; where keys are to move, a second group of acceptors. Kills only what it started.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '../../src/client/client.ts';
import { NatsService } from '../../src/client/nats-service.ts';
import { upConfig } from '../../src/node/config/up-config.ts';
import { type Child, type ProcessSpec, startChild } from '../../src/node/local/child.ts';
import { claimPort, LOOPBACK, natsServerSpec } from '../../src/node/local/nats-server.ts';
import { acceptorSpec, type NodePlace, proposerSpec } from '../../src/node/local/node-specs.ts';
import { FIRST_GROUP } from '../../src/protocol/group-map.ts';
import { connectNats } from '../../src/transport/nats-transport.ts';
import type { Driver } from './driver.ts';
import { Link } from './link.ts';
import { begin, end, READY_MS_MAX, readyOrOver } from './lives.ts';
import { Membership } from './membership.ts';
import { Movers } from './movers.ts';
import {
  ACCEPTORS,
  BOTH,
  CLOCK_FAULTS,
  EAST,
  EAST_ACCEPTORS,
  type Fault,
  NATS_SERVERS,
  PROPOSERS,
} from './scenario.ts';
import { WallClocks } from './wall-clocks.ts';

const JUMP_SECONDS = 3600;
/** Less than the five minutes for which request ids are remembered (R1). */
const SKEW_SECONDS = 120;
/** The configuration that docker-compose.yml gives its servers, at other addresses. */
const NATS_CONFIG = join(import.meta.dirname, '../../../config/nats-cluster.conf');

interface Member {
  readonly spec: ProcessSpec;
  /** Undefined for a nats-server. */
  readonly link: Link | undefined;
  child: Child;
  /** How its latest life ended; undefined while it lives. */
  how: string | undefined;
}

interface Ports {
  readonly client: number;
  readonly route: number;
}

/** What becomes of a node's or server's way to be started, before its first start. */
export type Preparation = (name: string, spec: ProcessSpec) => Promise<ProcessSpec>;

interface ProcessesOptions {
  readonly prepare?: Preparation;
  /** Whether every node gets a wall clock that can jump, for which `clocksProblem()` must be undefined. */
  readonly hasClocks?: boolean;
  /** Whether there is a second group of acceptors. */
  readonly hasEast?: boolean;
  /** Whether a link is before every node (the default): without one its messages cost this process nothing. */
  readonly hasLinks?: boolean;
}

export class Processes implements Driver {
  readonly #directory = mkdtempSync(join(tmpdir(), 'synod-chaos-'));
  readonly #clocks = new WallClocks(this.#directory);
  readonly #members = new Map<string, Member>();
  /** Acceptors that have no place, or not yet. */
  readonly #newcomers = new Set<Member>();
  readonly #memberships = new Map(
    [FIRST_GROUP, EAST].map(group => [group, new Membership(() => this.nats, group)] as const),
  );
  readonly #movers = new Movers(() => this.nats);
  /** The changes of members that are under way, by the place that each is about. */
  readonly #changes = new Map<string, Promise<void>>();
  /** Settles when a place has no fault any more: a change of members may take longer than was planned. */
  readonly #free = new Map<string, Promise<void>>();
  readonly #release = new Map<string, () => void>();
  #lastAcceptor = ACCEPTORS.length;
  #isStopped = false;
  readonly #hasEast: boolean;
  readonly #prepare: Preparation;
  readonly #hasClocks: boolean;
  readonly #hasLinks: boolean;
  #ports: readonly Ports[] = [];

  constructor({
    prepare = asItIs,
    hasClocks = false,
    hasEast = false,
    hasLinks = true,
  }: ProcessesOptions = {}) {
    this.#prepare = prepare;
    this.#hasClocks = hasClocks;
    this.#hasEast = hasEast;
    this.#hasLinks = hasLinks;
  }

  get nats(): readonly string[] {
    return this.#ports.map(({ client }) => `nats://${LOOPBACK}:${client}`);
  }

  whyNot(fault: Fault): string | undefined {
    if (fault === 'rebalance' && !this.#hasEast) return 'it was started with one group';
    return this.#hasClocks || !CLOCK_FAULTS.includes(fault) ? undefined : 'it was started without clocks';
  }

  /** Of the node or server now. */
  pid(name: string): number {
    return this.child(name).pid ?? 0;
  }

  /** Its latest life. */
  child(name: string): Child {
    return this.#member(name).child;
  }

  /** Where an acceptor has its files, unless it was prepared otherwise. */
  dataOf(name: string): string {
    return join(this.#directory, name);
  }

  /** Starts again what has ended. @returns how it ended before it was ready; undefined when it is ready. */
  async startAgain(name: string): Promise<string | undefined> {
    const member = this.#member(name);
    this.#release.get(name)?.();
    const child = startChild(member.spec);
    watch(member, child);
    return readyOrOver(child);
  }

  /** How its latest life ended; undefined while it lives. */
  howEnded(name: string): string | undefined {
    return this.#member(name).how;
  }

  async start(): Promise<void> {
    if (this.#hasClocks) this.#clocks.verify();
    this.#ports = await Promise.all(
      NATS_SERVERS.map(async () => ({ client: await claimPort(0, '-'), route: await claimPort(0, '-') })),
    );
    mkdirSync(join(this.#directory, 'logs'));
    await Promise.all(NATS_SERVERS.map((name, i) => this.#add(name, this.#natsSpec(name, i))));
    await Promise.all([
      ...ACCEPTORS.map((name, i) => this.#addNode(name, i, url => this.#acceptorSpec(url, name))),
      ...PROPOSERS.map((name, i) => this.#addNode(name, i, url => proposerSpec(this.#place(url), name))),
    ]);
    await Promise.all(this.nats.map((url, i) => served(url, `chaos.ready.${i}`)));
    if (this.#hasEast) await this.#addEast();
  }

  async #addEast(): Promise<void> {
    const each = EAST_ACCEPTORS.map((name, i) =>
      this.#addNode(name, i, url => this.#acceptorSpec(url, name)),
    );
    await Promise.all(each);
    await this.#movers.add(EAST, EAST_ACCEPTORS);
  }

  async strike(fault: Fault, target: string): Promise<void> {
    await this.#free.get(target);
    this.#free.set(target, new Promise(resolve => this.#release.set(target, resolve)));
    await this.#strike(fault, target);
  }

  async heal(fault: Fault, target: string): Promise<void> {
    await this.#heal(fault, target);
    this.#release.get(target)?.();
  }

  async #strike(fault: Fault, target: string): Promise<void> {
    if (fault === 'scale') return this.#addNode(target, 0, url => proposerSpec(this.#place(url), target));
    if (fault === 'rebalance') {
      const groups = target === BOTH ? [FIRST_GROUP, EAST] : [target];
      this.#change(target, this.#movers.rebalance(groups));
      return;
    }
    const member = this.#member(target);
    const { child, link } = member;
    switch (fault) {
      case 'pause':
        child.signal('SIGSTOP');
        break;
      case 'kill':
        child.signal('SIGKILL');
        await child.ended;
        break;
      case 'restart':
        child.signal('SIGTERM');
        await child.ended;
        break;
      case 'lose':
        child.signal('SIGKILL');
        await child.ended;
        rmSync(this.dataOf(idOf(member)), { recursive: true });
        break;
      case 'jump':
        this.#clocks.set(target, JUMP_SECONDS);
        break;
      case 'skew':
        child.signal('SIGKILL');
        await child.ended;
        this.#clocks.set(target, SKEW_SECONDS);
        break;
      case 'replace':
        this.#change(target, this.#replace(target));
        break;
      case 'grow':
        this.#change(target, this.#grow(groupOf(target)));
        break;
      default:
        if (link === undefined) throw new Error(`There is no link before ${target} to ${fault}`);
        link.set(fault);
    }
  }

  /** Whether it went well is asked when it is to be over. */
  #change(target: string, change: Promise<void>): void {
    change.catch(() => undefined);
    this.#changes.set(target, change);
  }

  async #heal(fault: Fault, target: string): Promise<void> {
    if (fault === 'rebalance') return this.#changes.get(target);
    const member = this.#member(target);
    switch (fault) {
      case 'pause':
        member.child.signal('SIGCONT');
        break;
      case 'kill':
      case 'restart':
      case 'skew':
        watch(member, await begin(member.spec));
        break;
      case 'scale':
        await end(member.child);
        member.link?.close();
        this.#members.delete(target);
        break;
      case 'lose':
        await this.#replace(target);
        break;
      case 'jump':
        this.#clocks.set(target, 0);
        break;
      case 'replace':
      case 'grow':
        await this.#changes.get(target);
        break;
      default:
        member.link?.set('open');
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#movers.close();
    for (const membership of this.#memberships.values()) await membership.close();
    const members = [...this.#newcomers, ...[...this.#members.values()].reverse()];
    await Promise.all(members.map(({ child }) => end(child)));
    for (const { link } of members) link?.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** The new acceptor has the place from then on. */
  async #replace(target: string): Promise<void> {
    const old = this.#member(target);
    const group = groupOf(target);
    const added = await this.#newAcceptor(group);
    await this.#memberships.get(group)?.change([added.id], [idOf(old)]);
    this.#members.set(target, added.member);
    this.#newcomers.delete(added.member);
    await end(old.child);
    old.link?.close();
  }

  async #grow(group: string): Promise<void> {
    const { id, member } = await this.#newAcceptor(group);
    const membership = this.#memberships.get(group);
    await membership?.change([id], []);
    await membership?.change([], [id]);
    await end(member.child);
    member.link?.close();
  }

  /** It waits until it is made a member. */
  async #newAcceptor(group: string): Promise<{ readonly id: string; readonly member: Member }> {
    this.#lastAcceptor += 1;
    const id = `${group === EAST ? 'e' : 'a'}${this.#lastAcceptor}`;
    const link = new Link();
    await link.open(this.#ports.map(({ client }) => client));
    const spec = this.#acceptorSpec(rotated(link.urls, this.#lastAcceptor).join(','), id);
    if (this.#isStopped) throw new Error('The cluster is being stopped');
    const member: Member = { spec, link, child: startChild(spec), how: undefined };
    this.#newcomers.add(member);
    watch(member, member.child);
    return { id, member };
  }

  async #addNode(name: string, i: number, specAt: (url: string) => ProcessSpec): Promise<void> {
    const link = this.#hasLinks ? new Link() : undefined;
    await link?.open(this.#ports.map(({ client }) => client));
    // Every node begins at another server, so that the loss of one hits some of them.
    const spec = specAt(rotated(link?.urls ?? this.nats, i).join(','));
    try {
      await this.#add(name, this.#hasClocks ? this.#clocks.attach(name, spec) : spec, link);
    } catch (error) {
      link?.close();
      throw error;
    }
  }

  #acceptorSpec(natsUrl: string, id: string): ProcessSpec {
    const place = this.#place(natsUrl);
    if (groupOf(id) === FIRST_GROUP) return acceptorSpec(place, id);
    const config = { ...place.config, acceptors: EAST_ACCEPTORS };
    const spec = acceptorSpec({ ...place, config }, id);
    return { ...spec, args: [...spec.args, '--group', EAST] };
  }

  #place(natsUrl: string): NodePlace {
    return { config: upConfig({ data: this.#directory }, {}), natsUrl };
  }

  async #add(name: string, spec: ProcessSpec, link?: Link): Promise<void> {
    const prepared = await this.#prepare(name, spec);
    const child = await begin(prepared);
    const member: Member = { spec: prepared, link, child, how: undefined };
    this.#members.set(name, member);
    watch(member, child);
  }

  #member(name: string): Member {
    const member = this.#members.get(name);
    if (member === undefined) throw new Error(`There is no ${name}`);
    return member;
  }

  #natsSpec(name: string, i: number): ProcessSpec {
    const { client, route } = this.#ports[i] ?? { client: 0, route: 0 };
    const text = this.#ports.reduce(
      (config, ports, j) => config.replace(`nats://nats-${j + 1}:6222`, `nats://${LOOPBACK}:${ports.route}`),
      readFileSync(NATS_CONFIG, 'utf8')
        .replace('port: 4222', `port: ${client}`)
        .replace('monitor_port: 8222', `server_name: ${name}`)
        .replace('port: 6222', `listen: "${LOOPBACK}:${route}"`),
    );
    const path = join(this.#directory, `${name}.conf`);
    writeFileSync(path, text);
    const spec = natsServerSpec(
      { port: client, monitorPort: null },
      join(this.#directory, 'logs', `${name}.log`),
    );
    return { ...spec, name, args: [...spec.args, '--config', path] };
  }
}

/** The group that an acceptor is of, or what came in its place. */
function groupOf(acceptor: string): string {
  return acceptor.startsWith('e') ? EAST : FIRST_GROUP;
}

/** The id of the acceptor that a process is. */
function idOf({ spec }: Member): string {
  return spec.name.replace('acceptor ', '');
}

async function asItIs(_name: string, spec: ProcessSpec): Promise<ProcessSpec> {
  return spec;
}

function watch(member: Member, child: Child): void {
  member.child = child;
  member.how = undefined;
  void child.ended.then(how => {
    if (member.child === child) member.how = how;
  });
}

export function rotated<T>(all: readonly T[], by: number): readonly T[] {
  const start = by % all.length;
  return [...all.slice(start), ...all.slice(0, start)];
}

/** Routes between the servers form while the nodes start. */
export async function served(url: string, key: string): Promise<void> {
  const transport = await connectNats({
    servers: [url],
    name: 'chaos-ready',
    connectTimeoutMs: READY_MS_MAX,
  });
  const client = new Client(new NatsService(transport, { prefix: 'synod' }), { timeoutMs: READY_MS_MAX });
  await client.variable(key).write(1);
  await client.close();
}
