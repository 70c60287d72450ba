// How a cluster is, from what its nodes tell: who is there, who is silent, who lags behind.

import { randomBytes } from 'node:crypto';
import {
  clusterOf,
  FIRST_GROUP,
  type GroupMap,
  groupMapOf,
  movesBetween,
  ONE_GROUP,
  shareOf,
} from '../../protocol/group-map.ts';
import { internalSubjects } from '../../transport/subjects.ts';
import type { Transport } from '../../transport/transport.ts';
import type { ClusterConfig } from '../config/config.ts';
import { connectTool } from '../config/nats-options.ts';
import { type AcceptorTold, type ProposerTold, readTold, type Told } from '../process/status.ts';
import { nameOfIncarnation } from '../service/fellows.ts';

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
  /** The partitions of the first group, those on their way to it included, and how many come and go. */
  readonly partitions: number;
  readonly coming: number;
  readonly going: number;
  readonly proposers: readonly ProposerTold[];
  /** Those that another proposer heard of lately, that did not say goodbye and do not answer. */
  readonly silentProposers: readonly SilentProposer[];
  /** Of a cluster that has several groups of acceptors, all of which the others are: those above are of the first. */
  readonly groups: readonly GroupStatus[];
  /** How many partitions are on their way from one group to another. */
  readonly moves: readonly { readonly from: string; readonly to: string; readonly partitions: number }[];
}

interface SilentProposer {
  readonly name: string;
  readonly incarnation: string;
  readonly heardMsAgo: number;
}

export interface GroupStatus {
  readonly group: string;
  readonly epoch: number;
  readonly isJoint: boolean;
  /** How many it keeps, those on their way to it included. */
  readonly partitions: number;
  readonly coming: number;
  readonly going: number;
  readonly acceptors: readonly AcceptorStanding[];
}

/** Proposers are known by their answers alone, so this long is waited in any case. */
const WAIT_MS_MIN = 400;
const WAIT_MS = 1500;
const LOOK_MS = 50;

/** Whether all members vote, a proposer answers, and none is silent that was heard lately and did not say goodbye. */
export function isWell({ acceptors, groups, proposers, silentProposers }: ClusterStatus): boolean {
  const all = [...acceptors, ...groups.flatMap(group => group.acceptors)];
  const doAllVote = all.every(({ isMember, status }) => !isMember || status === 'voting');
  return doAllVote && proposers.length > 0 && silentProposers.length === 0;
}

interface Surveyed {
  readonly status: ClusterStatus;
  /** As the proposer knows it that knows the newest. */
  readonly map: GroupMap;
}

/** Asks all nodes once, and does not wait for the silent. @throws TransportError when there is no NATS. */
export async function askCluster(config: ClusterConfig): Promise<Surveyed> {
  const transport = await connectTool(config.nats, 'synod-status');
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
      for (const group of groupsIn(all.get(FIRST_GROUP) ?? [])) if (!told.has(group)) ask(group);
      const status = clusterStatus(config, all.get(FIRST_GROUP) ?? [], all);
      const waitedMs = performance.now() - sinceMs;
      const acceptors = [...status.acceptors, ...status.groups.flatMap(group => group.acceptors)];
      const isComplete =
        status.silentProposers.length === 0 && acceptors.every(({ status: of }) => of !== 'silent');
      if (waitedMs > (isComplete ? WAIT_MS_MIN : WAIT_MS))
        return { status, map: mapIn(all.get(FIRST_GROUP) ?? []) };
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

/** The newest that a proposer told. */
function newestOf(told: readonly Told[]): ProposerTold | undefined {
  const versionOf = (one: ProposerTold): number => one.map?.version ?? 0;
  return told
    .flatMap(one => (one.role === 'proposer' ? [one] : []))
    .reduce<ProposerTold | undefined>(
      (newest, one) => (newest === undefined || versionOf(one) > versionOf(newest) ? one : newest),
      undefined,
    );
}

/** The names of the groups beside the first. */
export function groupsIn(told: readonly Told[]): readonly string[] {
  return [...mapIn(told).groups.keys()].filter(group => group !== FIRST_GROUP);
}

/** Where the partitions are, as the proposer says that knows the newest map; what a newer version told is not read. */
export function mapIn(told: readonly Told[]): GroupMap {
  const value = newestOf(told)?.map?.value;
  try {
    return value === undefined ? ONE_GROUP : groupMapOf(value);
  } catch {
    return ONE_GROUP;
  }
}

/** @param ofGroups what the nodes of each group told */
export function clusterStatus(
  config: Pick<ClusterConfig, 'cluster' | 'acceptors'>,
  told: readonly Told[],
  ofGroups: ReadonlyMap<string, readonly Told[]> = new Map(),
): ClusterStatus {
  const map = mapIn(told);
  const proposers = told.filter(one => one.role === 'proposer');
  const groups = groupsIn(told).map(group => {
    const seenOf = (one: ProposerTold): ProposerTold['acceptors'] => one.groups?.[group]?.seen ?? {};
    const known = newestOf(told)?.groups?.[group];
    const own = standingsOf(known?.acceptors ?? [], ofGroups.get(group) ?? [], proposers.map(seenOf));
    const epoch = Math.max(own.epoch, known?.epoch ?? 0);
    return { group, ...own, epoch, ...shareOf(map, group) };
  });
  const seen = proposers.map(one => one.acceptors);
  return {
    cluster: config.cluster,
    ...standingsOf(config.acceptors, told, seen),
    ...shareOf(map, FIRST_GROUP),
    proposers: proposers.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)),
    silentProposers: silentAmong(proposers),
    groups,
    moves: movesBetween(map),
  };
}

/** @param seen what each proposer saw of the acceptors */
function standingsOf(
  first: readonly string[],
  told: readonly Told[],
  seen: readonly ProposerTold['acceptors'][],
): Pick<ClusterStatus, 'epoch' | 'isJoint' | 'acceptors'> {
  const newest = told.toSorted((a, b) => b.epoch - a.epoch).find(({ members }) => members !== undefined);
  const members = newest?.members ?? first;
  const acceptors = told.filter(one => one.role === 'acceptor');
  const ids = new Set([...members, ...acceptors.map(({ id }) => id)]);
  return {
    epoch: Math.max(0, ...told.map(({ epoch }) => epoch)),
    isJoint: newest?.isJoint ?? false,
    acceptors: [...ids].sort().map(id => {
      const own = acceptors.find(one => one.id === id);
      const missed = seen.reduce((sum, one) => sum + (one[id]?.missed ?? 0), 0);
      return { id, isMember: members.includes(id), status: own?.status ?? 'silent', missed, told: own };
    }),
  };
}

/** An earlier life of one that answers has ended, and is not silent. */
function silentAmong(proposers: readonly ProposerTold[]): readonly SilentProposer[] {
  const heard = new Map<string, number>();
  for (const { peers } of proposers)
    for (const [incarnation, msAgo] of Object.entries(peers))
      heard.set(incarnation, Math.min(msAgo, heard.get(incarnation) ?? msAgo));
  const answering = new Set(proposers.flatMap(({ name, incarnation }) => [name, incarnation]));
  return [...heard]
    .map(([incarnation, heardMsAgo]) => ({ name: nameOfIncarnation(incarnation), incarnation, heardMsAgo }))
    .filter(({ name, incarnation }) => !answering.has(incarnation) && !answering.has(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
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
