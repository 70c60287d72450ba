// Watches a cluster for the page: asks all nodes twice a second, from the first viewer on, and makes a view of what they
// tell. May publish that one question and nothing else.

import { clusterStatus, nameOf, Survey } from '../node/cluster-status.ts';
import type { Told } from '../node/status.ts';
import type { Transport } from '../transport/transport.ts';
import { Lagging } from './lagging.ts';
import { Rates } from './rates.ts';
import type { NodeState, NodeView, Past, Sample, View } from './view.ts';

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
  readonly #survey: Survey;
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
    this.#survey = new Survey(parts.transport, parts.cluster, told => this.#hear(told));
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

  /** The ids of the acceptors that are known. */
  get acceptors(): readonly string[] {
    return this.#status().acceptors.map(({ id }) => id);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#viewers.clear();
  }

  #hear(told: Told): void {
    const key = nameOf(told);
    if (told.role === 'proposer' && !this.#seen.has(key)) this.#forgetEarlierLives(told.name);
    this.#seen.set(key, { told, atMs: this.#parts.nowMs(), asks: this.#asks });
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
    const { acceptors } = this.#status();
    this.#lagging.look(
      new Map(acceptors.map(({ id, missed }) => [id, missed])),
      proposers.reduce((total, { told }) => total + told.requests, 0),
    );
    const view = this.#view(sample, nowMs);
    for (const viewer of this.#viewers) viewer(view);
    this.#ask();
  }

  #ask(): void {
    this.#asks += 1;
    this.#survey.ask();
  }

  #view(sample: Sample, nowMs: number): View {
    const { cluster, epoch, isJoint, acceptors } = this.#status();
    const leftStopped = this.#parts.leftStopped();
    const isSilent = (key: string): boolean => {
      const seen = this.#seen.get(key);
      if (seen === undefined) return true;
      return nowMs - seen.atMs > SILENT_MS && this.#asks - seen.asks >= SILENT_ASKS;
    };
    const acceptorViews = acceptors.map(({ id, missed, told, isMember }): NodeView => {
      const key = `acceptor ${id}`;
      const left = leftStopped.get(id);
      const state = this.#stateOf(id, told?.status, isSilent(key), left);
      const why = left ?? (isMember ? (told?.why ?? '') : 'it is no member');
      return { role: 'acceptor', key, name: id, state, why, told: told ?? null, missed };
    });
    const proposerViews = this.#proposers().map(({ told }): NodeView => {
      const key = nameOf(told);
      const state = isSilent(key) ? 'silent' : 'up';
      return { role: 'proposer', key, name: told.name, state, why: '', told, missed: 0 };
    });
    return { cluster, epoch, isJoint, nodes: [...proposerViews, ...acceptorViews], sample };
  }

  #stateOf(
    id: string,
    status: 'asking' | 'voting' | 'removed' | 'quarantined' | undefined,
    isSilent: boolean,
    left: string | undefined,
  ): NodeState {
    if (isSilent || status === undefined) return left === undefined ? 'silent' : 'quarantined';
    if (status === 'asking') return 'waiting';
    if (status !== 'voting') return status;
    return this.#lagging.isBehind(id) ? 'behind' : 'up';
  }

  #status(): ReturnType<typeof clusterStatus> {
    return clusterStatus(
      this.#parts,
      [...this.#seen.values()].map(({ told }) => told),
    );
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
