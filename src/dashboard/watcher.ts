// Watches a cluster for the page: asks all nodes twice a second, from the first viewer on, and makes a view of what they
// tell. May publish that one question and nothing else.

import {
  type AcceptorStanding,
  type ClusterStatus,
  clusterStatus,
  groupsIn,
  mapIn,
  nameOf,
  Survey,
} from '../node/operator/cluster-status.ts';
import type { AcceptorTold, Told } from '../node/process/status.ts';
import { clusterOf, FIRST_GROUP, placeOf } from '../protocol/group-map.ts';
import { partitionOf } from '../protocol/partition.ts';
import { nameIn } from '../protocol/stays.ts';
import type { Transport } from '../transport/transport.ts';
import type { Holder } from './inspector.ts';
import { Lagging } from './lagging.ts';
import { Rates } from './rates.ts';
import type { GroupView, NodeState, NodeView, Past, Sample, View } from './view.ts';

interface WatcherParts {
  readonly cluster: string;
  /** The acceptors that formed it. */
  readonly acceptors: readonly string[];
  readonly transport: Transport;
  /** Of acceptors that ended and are not started again: why. */
  readonly leftStopped: () => ReadonlyMap<string, string>;
  readonly nowMs: () => number;
}

interface Seen {
  readonly group: string;
  readonly told: Told;
  readonly atMs: number;
  /** How often all had been asked by then. */
  readonly asks: number;
}

const ASK_MS = 500;
/** Without an answer for so long, and to so many questions, a node is silent: this process may have been away itself. */
const SILENT_MS = 1250;
const SILENT_ASKS = 2;
/** A proposer comes and goes: one that is silent for so long is forgotten. */
const GONE_MS = 60_000;
/** Ten minutes. */
const PAST_MAX = 1200;

export class Watcher {
  readonly #parts: WatcherParts;
  /** Of each group that was heard of. */
  readonly #surveys = new Map<string, { readonly survey: Survey; readonly sinceMs: number }>();
  readonly #seen = new Map<string, Seen>();
  readonly #viewers = new Set<(view: View) => void>();
  readonly #past: { readonly sample: Sample; readonly atMs: number }[] = [];
  readonly #rates = new Rates();
  readonly #lagging = new Lagging();
  #timer: NodeJS.Timeout | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #asks = 0;

  constructor(parts: WatcherParts) {
    this.#parts = parts;
  }

  /** @returns what ends it. */
  watch(viewer: (view: View) => void): () => void {
    this.#viewers.add(viewer);
    if (this.#timer === undefined) {
      this.#ask();
      this.#timer = setInterval(() => this.#look(), ASK_MS);
    }
    return () => this.#viewers.delete(viewer);
  }

  /** The samples so far, the oldest first. */
  past(): readonly Past[] {
    const nowMs = this.#parts.nowMs();
    return this.#past.map(({ sample, atMs }) => ({ sample, agoMs: nowMs - atMs }));
  }

  /** Whose key it is: the acceptors of its group, and while its partition moves those that it comes from as well. */
  holdersOf(key: string): readonly Holder[] {
    const { acceptors, groups } = this.#status();
    const place = placeOf(mapIn(this.#toldBy(FIRST_GROUP)), partitionOf(key));
    const stays = place.from === undefined ? [place] : [place, place.from];
    return stays.flatMap(({ group, number }) => {
      const own = group === FIRST_GROUP ? acceptors : groups.find(other => other.group === group)?.acceptors;
      return (own ?? []).map(({ id }) => ({ group, acceptor: id, name: nameIn(number, key) }));
    });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#viewers.clear();
  }

  #hear(group: string, told: Told): void {
    const key = keyOf(group, told);
    if (told.role === 'proposer' && !this.#seen.has(key)) this.#forgetEarlierLives(told.name);
    this.#seen.set(key, { group, told, atMs: this.#parts.nowMs(), asks: this.#asks });
  }

  #look(): void {
    const nowMs = this.#parts.nowMs();
    for (const [key, { told, atMs }] of this.#seen) {
      if (told.role === 'proposer' && nowMs - atMs > GONE_MS) this.#forget(key);
    }
    const proposers = this.#proposers();
    const heard = proposers.filter(({ atMs }) => atMs > this.#lookedAtMs);
    const sample = this.#rates.sample(
      heard,
      proposers.map(({ told }) => told),
    );
    this.#lookedAtMs = nowMs;
    this.#past.push({ sample, atMs: nowMs });
    if (this.#past.length > PAST_MAX) this.#past.shift();
    const status = this.#status();
    this.#lagging.look(
      new Map(acceptorsIn(status).map(({ group, id, missed }) => [acceptorKey(group, id), missed])),
      proposers.reduce((total, { told }) => total + told.requests, 0),
    );
    const view = this.#view(sample, nowMs);
    for (const viewer of this.#viewers) viewer(view);
    this.#ask();
  }

  #ask(): void {
    this.#asks += 1;
    const { cluster, transport } = this.#parts;
    for (const group of [FIRST_GROUP, ...groupsIn(this.#toldBy(FIRST_GROUP))]) {
      const known = this.#surveys.get(group);
      const survey =
        known?.survey ?? new Survey(transport, clusterOf(cluster, group), told => this.#hear(group, told));
      if (known === undefined) this.#surveys.set(group, { survey, sinceMs: this.#parts.nowMs() });
      survey.ask();
    }
  }

  #view(sample: Sample, nowMs: number): View {
    const status = this.#status();
    const { cluster, epoch, isJoint, groups, moves, silentProposers } = status;
    const leftStopped = this.#parts.leftStopped();
    const isSilent = (key: string): boolean => {
      const seen = this.#seen.get(key);
      if (seen === undefined) return true;
      return nowMs - seen.atMs > SILENT_MS && this.#asks - seen.asks >= SILENT_ASKS;
    };
    // Of a group that was only just heard of, nobody has had the time to answer.
    const isNew = (group: string): boolean =>
      group !== FIRST_GROUP && nowMs - (this.#surveys.get(group)?.sinceMs ?? nowMs) <= SILENT_MS;
    const shown = acceptorsIn(status).filter(({ group, told }) => told !== undefined || !isNew(group));
    const acceptorViews = shown.map(({ group, id, missed, told, isMember }): NodeView => {
      const key = acceptorKey(group, id);
      const left = group === FIRST_GROUP ? leftStopped.get(id) : undefined;
      const state = this.#stateOf(key, told?.status, isSilent(key), left);
      const why = left ?? (isMember ? (told?.why ?? '') : 'it is no member');
      return { role: 'acceptor', key, name: id, group, state, why, told: told ?? null, missed };
    });
    const proposerViews = this.#proposers().map(({ told }): NodeView => {
      const key = nameOf(told);
      const state = isSilent(key) ? 'silent' : 'up';
      return { role: 'proposer', key, name: told.name, group: '', state, why: '', told, missed: 0 };
    });
    // Those that this dashboard never heard itself.
    const unheard = silentProposers.filter(({ incarnation }) => !this.#seen.has(`proposer ${incarnation}`));
    const unheardViews = unheard.map(({ name, incarnation, heardMsAgo }): NodeView => {
      const why = `another proposer heard it ${Math.round(heardMsAgo / 1000)} s ago`;
      const key = `proposer ${incarnation}`;
      return { role: 'proposer', key, name, group: '', state: 'silent', why, told: null, missed: 0 };
    });
    const first: GroupView = { group: FIRST_GROUP, ...shareIn(status) };
    return {
      cluster,
      epoch,
      isJoint,
      nodes: [...proposerViews, ...unheardViews, ...acceptorViews],
      groups: [first, ...groups.map(group => ({ group: group.group, ...shareIn(group) }))],
      moves,
      sample,
    };
  }

  #stateOf(
    key: string,
    status: AcceptorTold['status'] | undefined,
    isSilent: boolean,
    left: string | undefined,
  ): NodeState {
    if (isSilent || status === undefined) return left === undefined ? 'silent' : 'quarantined';
    if (status === 'asking') return 'waiting';
    if (status !== 'voting') return status;
    return this.#lagging.isBehind(key) ? 'behind' : 'up';
  }

  #status(): ClusterStatus {
    const others = [...this.#surveys.keys()].map(group => [group, this.#toldBy(group)] as const);
    return clusterStatus(this.#parts, this.#toldBy(FIRST_GROUP), new Map(others));
  }

  #toldBy(group: string): readonly Told[] {
    return [...this.#seen.values()].flatMap(seen => (seen.group === group ? [seen.told] : []));
  }

  #proposers() {
    return [...this.#seen.values()]
      .flatMap(({ told, atMs }) => (told.role === 'proposer' ? [{ told, atMs }] : []))
      .sort((a, b) => (nameOf(a.told) < nameOf(b.told) ? -1 : 1));
  }

  /** A proposer that was started again is another incarnation; the one before has ended. Two may have one name. */
  #forgetEarlierLives(name: string): void {
    const nowMs = this.#parts.nowMs();
    for (const [key, { told, atMs }] of this.#seen) {
      if (told.role === 'proposer' && told.name === name && nowMs - atMs > SILENT_MS) this.#forget(key);
    }
  }

  #forget(key: string): void {
    const told = this.#seen.get(key)?.told;
    if (told?.role === 'proposer') this.#rates.forget(told.incarnation);
    this.#seen.delete(key);
  }
}

function acceptorsIn({
  acceptors,
  groups,
}: ClusterStatus): readonly (AcceptorStanding & { readonly group: string })[] {
  const all = [{ group: FIRST_GROUP, acceptors }, ...groups];
  return all.flatMap(({ group, acceptors: own }) => own.map(acceptor => ({ group, ...acceptor })));
}

function shareIn({ epoch, isJoint, partitions, coming, going }: Omit<GroupView, 'group'>) {
  return { epoch, isJoint, partitions, coming, going };
}

/** Two groups may have members of one name, where one was added later. */
function keyOf(group: string, told: Told): string {
  return told.role === 'acceptor' ? acceptorKey(group, told.id) : nameOf(told);
}

function acceptorKey(group: string, id: string): string {
  return group === FIRST_GROUP ? `acceptor ${id}` : `acceptor ${group}/${id}`;
}
