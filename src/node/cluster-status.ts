// How a cluster is, from what its nodes tell: who is there, who is silent, who lags behind.

import { randomBytes } from 'node:crypto';
import { clusterOf, FIRST_GROUP } from '../protocol/group-map.ts';
import { connectNats } from '../transport/nats-transport.ts';
import { internalSubjects } from '../transport/subjects.ts';
import type { Transport } from '../transport/transport.ts';
import type { ClusterConfig } from './config.ts';
import { natsOptions } from './nats-options.ts';
import { type AcceptorTold, type ProposerTold, readTold, type Told } from './status.ts';

export interface AcceptorStanding {
  readonly id: string;
  readonly isMember: boolean;
  readonly status: AcceptorTold['status'] | 'silent';
  /** Values that it accepted less than the one that accepted most, as the proposers saw since their starts. */
  readonly missed: number;
  /** Undefined for a silent one. */
  readonly told: AcceptorTold | undefined;
}

export interface ClusterStatus {
  readonly cluster: string;
  /** The newest that a node told; 0 when none did. */
  readonly epoch: number;
  /** The members are being changed. */
  readonly isJoint: boolean;
  readonly acceptors: readonly AcceptorStanding[];
  readonly proposers: readonly ProposerTold[];
  /** Of a cluster that has several groups of acceptors, all of which the others are: those above are of the first. */
  readonly groups: readonly GroupStatus[];
}

export interface GroupStatus {
  readonly group: string;
  readonly epoch: number;
  readonly isJoint: boolean;
  /** How many it keeps. */
  readonly partitions: number;
  readonly acceptors: readonly AcceptorStanding[];
}

const CONNECT_TIMEOUT_MS = 2000;
/** Proposers are known by their answers alone, so this long is waited in any case. */
const WAIT_MS_MIN = 400;
const WAIT_MS = 1500;
const LOOK_MS = 50;

/** Asks all nodes once, and does not wait for the silent. @throws TransportError when there is no NATS. */
export async function askCluster(config: ClusterConfig): Promise<ClusterStatus> {
  const options = natsOptions(config.nats, 'synod-status', () => undefined);
  const transport = await connectNats({ ...options, connectTimeoutMs: CONNECT_TIMEOUT_MS });
  try {
    const told = new Map<string, Map<string, Told>>();
    const ask = (group: string): void => {
      const own = new Map<string, Told>();
      told.set(group, own);
      const cluster = clusterOf(config.cluster, group);
      new Survey(transport, cluster, one => own.set(nameOf(one), one)).ask();
    };
    ask(FIRST_GROUP);
    const sinceMs = performance.now();
    for (;;) {
      await new Promise(resolve => setTimeout(resolve, LOOK_MS));
      const all = new Map([...told].map(([group, own]) => [group, [...own.values()]] as const));
      for (const group of Object.keys(groupsIn(all.get(FIRST_GROUP) ?? []))) if (!told.has(group)) ask(group);
      const status = clusterStatus(config, all.get(FIRST_GROUP) ?? [], all);
      const waitedMs = performance.now() - sinceMs;
      const acceptors = [...status.acceptors, ...status.groups.flatMap(group => group.acceptors)];
      const isComplete = acceptors.every(acceptor => acceptor.status !== 'silent');
      if (waitedMs > (isComplete ? WAIT_MS_MIN : WAIT_MS)) return status;
    }
  } finally {
    await transport.close();
  }
}

/** Asks every node how it is; answers come one by one, if they come. */
export class Survey {
  readonly #transport: Transport;
  readonly #subject: string;
  readonly #inbox: string;

  constructor(transport: Transport, cluster: string, onTold: (told: Told) => void) {
    const { status, operator } = internalSubjects(cluster);
    this.#transport = transport;
    this.#subject = status;
    this.#inbox = operator(randomBytes(8).toString('hex'));
    transport.subscribe(this.#inbox, ({ bytes }) => {
      const told = readTold(bytes);
      if (told !== undefined) onTold(told);
    });
  }

  ask(): void {
    this.#transport.publish(this.#subject, new Uint8Array(0), { reply: this.#inbox });
  }
}

/** What tells a node from all others. */
export function nameOf(told: Told): string {
  return told.role === 'acceptor' ? `acceptor ${told.id}` : `proposer ${told.incarnation}`;
}

/** As the proposer knows them that knows most. */
function groupsIn(told: readonly Told[]): NonNullable<ProposerTold['groups']> {
  const known = told.flatMap(one =>
    one.role === 'proposer' && one.groups !== undefined ? [one.groups] : [],
  );
  return known.toSorted((a, b) => Object.keys(b).length - Object.keys(a).length)[0] ?? {};
}

/** @param ofGroups what the nodes of each group told */
export function clusterStatus(
  config: Pick<ClusterConfig, 'cluster' | 'acceptors'>,
  told: readonly Told[],
  ofGroups: ReadonlyMap<string, readonly Told[]> = new Map(),
): ClusterStatus {
  const others = Object.entries(groupsIn(told)).filter(([group]) => group !== FIRST_GROUP);
  const groups = others.map(([group, { acceptors, partitions }]) => {
    const own = groupStatus({ cluster: config.cluster, acceptors }, ofGroups.get(group) ?? []);
    return { group, partitions, epoch: own.epoch, isJoint: own.isJoint, acceptors: own.acceptors };
  });
  return { ...groupStatus(config, told), groups };
}

function groupStatus(
  { cluster, acceptors: first }: Pick<ClusterConfig, 'cluster' | 'acceptors'>,
  told: readonly Told[],
): Omit<ClusterStatus, 'groups'> {
  const newest = told.toSorted((a, b) => b.epoch - a.epoch).find(({ members }) => members !== undefined);
  const members = newest?.members ?? first;
  const acceptors = told.filter(one => one.role === 'acceptor');
  const proposers = told.filter(one => one.role === 'proposer');
  const ids = new Set([...members, ...acceptors.map(({ id }) => id)]);
  return {
    cluster,
    epoch: Math.max(0, ...told.map(({ epoch }) => epoch)),
    isJoint: newest?.isJoint ?? false,
    acceptors: [...ids].sort().map(id => {
      const own = acceptors.find(one => one.id === id);
      const missed = proposers.reduce((sum, one) => sum + (one.acceptors[id]?.missed ?? 0), 0);
      return { id, isMember: members.includes(id), status: own?.status ?? 'silent', missed, told: own };
    }),
    proposers: proposers.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)),
  };
}

/** The time within which a share of the counted was, in ms: between two bounds it is reckoned evenly. */
export function quantileMs({ bounds, counts }: ProposerTold['latency'], share: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let left = share * total;
  for (const [at, count] of counts.entries()) {
    const above = bounds[at];
    if (above === undefined) break;
    const below = bounds[at - 1] ?? 0;
    if (left <= count) return below + ((above - below) * left) / count;
    left -= count;
  }
  return bounds.at(-1);
}
