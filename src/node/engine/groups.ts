// The proposer's work with all groups of acceptors: an engine for each, and the router that knows which one keeps which
// key. Of a cluster that has one group there is one engine, and every request goes to it as it is.

import { Router, type RouterEvent } from '../../actors/router.ts';
import { ZERO_BALLOT } from '../../protocol/ballot.ts';
import {
  clusterOf,
  collectibleStay,
  endedStays,
  FIRST_GROUP,
  type GroupMap,
  type Place,
  placeOf,
} from '../../protocol/group-map.ts';
import { FIRST_EPOCH } from '../../protocol/quorum.ts';
import { isOwn, keyIn } from '../../protocol/stays.ts';
import type { ServiceAnswer } from '../../transport/reply-codec.ts';
import { OwnRequests } from './own-requests.ts';
import { type Engine, type EngineParts, startEngine } from './proposer-engine.ts';

interface GroupsParts extends Omit<EngineParts, 'onClosed'> {
  /** Called for each group that is met, the first included. */
  readonly onGroup?: (group: string, engine: Engine) => void;
  /** Called for one that turned out to be none. */
  readonly onNoGroup?: (group: string) => void;
}

const TICK_MS = 250;
/** Who meets no closed stay hears of moves so late: what works in the background, and metrics, go by the map. */
const LOOK_MS = 30_000;
const IS_CLOSED: ServiceAnswer = { kind: 'no_quorum', why: 'its keys go to another group of acceptors' };

export class Groups {
  readonly first: Engine;
  readonly #parts: GroupsParts;
  readonly #engines = new Map<string, Engine>();
  readonly #router: Router;
  readonly #events = new Map<RouterEvent, number>();
  readonly #timer: NodeJS.Timeout;
  #lookAtMs = 0;

  constructor(parts: GroupsParts) {
    this.#parts = parts;
    this.#router = new Router({
      request: (group, input) => this.engine(group).request(input),
      renew: (group, partition) => this.engine(group).outbid(partition, ZERO_BALLOT),
      answer: parts.onAnswer,
      count: event => this.#events.set(event, (this.#events.get(event) ?? 0) + 1),
    });
    const { founder, acceptors } = parts.configuration;
    this.first = this.meet(FIRST_GROUP, acceptors, founder);
    this.look();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  /** With the key as clients know it. */
  readonly request: Engine['request'] = input => this.#router.request(input);

  get map(): GroupMap {
    return this.#router.map;
  }

  /** Which of all that were decided the map is. */
  get version(): number {
    return this.#router.version;
  }

  /** Of each group that was met, the first included. */
  get engines(): ReadonlyMap<string, Engine> {
    return this.#engines;
  }

  get events(): ReadonlyMap<RouterEvent, number> {
    return this.#events;
  }

  /** Requests that wait for their keys, or for a newer map. */
  get waiting(): number {
    return this.#router.waiting;
  }

  /** The stay of the partition at the group that may be collected, by the map that is known (G6). */
  collectibleStay(group: string, partition: number): number | undefined {
    return collectibleStay(this.map, group, partition);
  }

  /** All stays of the partition below this number are over, by the map that is known (G7). */
  endedStays(partition: number): number {
    return endedStays(this.map, partition);
  }

  placeOf(partition: number): Place {
    return placeOf(this.map, partition);
  }

  /** That of a group which the map has. */
  engine(group: string): Engine {
    const known = this.#engines.get(group);
    if (known !== undefined) return known;
    const acceptors = this.map.groups.get(group);
    if (acceptors === undefined) throw new RangeError(`The map has no group ${group}`);
    return this.meet(group, acceptors);
  }

  /** That of a group which these acceptors form. @param founder of the group, if that is known already (S6) */
  meet(group: string, acceptors: readonly string[], founder?: string): Engine {
    const { clock, configuration } = this.#parts;
    const engine = startEngine({
      ...this.#parts,
      configuration: {
        cluster: clusterOf(configuration.cluster, group),
        founder,
        epoch: FIRST_EPOCH,
        acceptors,
      },
      onAnswer: (token, answer) => this.#router.answered(token, answer, clock.nowMs()),
      onClosed: request => {
        // C3: who asks this group for a register of its own must not be answered by another one.
        if (OwnRequests.isDirect(request.token)) this.#parts.onAnswer(request.token, IS_CLOSED);
        else this.#router.closed(group, request, clock.nowMs());
      },
      onChosen: (name, version) => {
        if (!isOwn(name)) this.#parts.onChosen(keyIn(name), version);
      },
    });
    this.#engines.set(group, engine);
    this.#parts.onGroup?.(group, engine);
    return engine;
  }

  /** Forgets a group that turned out to be none. */
  leave(group: string): void {
    this.#engines.get(group)?.stop();
    this.#engines.delete(group);
    this.#parts.onNoGroup?.(group);
  }

  /** Takes over a map that was decided. */
  learn(map: GroupMap, version: number): void {
    this.#router.learn(map, version, this.#parts.clock.nowMs());
    this.#meetAll();
  }

  /** Asks for a newer map: it comes, if there is one, within a moment. */
  look(): void {
    const nowMs = this.#parts.clock.nowMs();
    this.#lookAtMs = nowMs + LOOK_MS;
    this.#router.look(nowMs);
  }

  /** Resolves when the newest map is known, or could not be had in so many ms. */
  looked(withinMs: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, withinMs);
      this.#router.look(this.#parts.clock.nowMs(), () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** @returns whether the key is at the group that the partition is on its way to. */
  bring(key: string, moved: Place, timeoutMs: number): Promise<boolean> {
    const deadlineMs = this.#parts.clock.nowMs() + timeoutMs;
    return new Promise(resolve => this.#router.bring(key, moved, deadlineMs, resolve));
  }

  /** @returns whether the old group has closed the partition, and the new one knows what that had collected. */
  begin(partition: number, moved: Place, timeoutMs: number): Promise<boolean> {
    const deadlineMs = this.#parts.clock.nowMs() + timeoutMs;
    return new Promise(resolve => this.#router.begin(partition, moved, deadlineMs, resolve));
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const engine of this.#engines.values()) engine.stop();
  }

  #tick(): void {
    const nowMs = this.#parts.clock.nowMs();
    this.#router.tick(nowMs);
    if (nowMs >= this.#lookAtMs) this.look();
    this.#meetAll();
  }

  /** Operators may ask this proposer about any group. */
  #meetAll(): void {
    for (const group of this.map.groups.keys()) this.engine(group);
  }
}
