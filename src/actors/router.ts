// The router of a proposer: hands each request to the group of acceptors that keeps its key. Where a key is on its way it has
// it brought first (bringing.ts), and where a group says that the partition is closed (G1) it looks for a newer map
// (known-map.ts). Synchronous: requests, answers and time come in, requests and answers go out.

import { FIRST_GROUP, type GroupMap, type Place, placeOf, sameStay } from '../protocol/group-map.ts';
import { partitionOf } from '../protocol/partition.ts';
import { isOwn, keyIn, nameIn, partitionKey, stayOf } from '../protocol/stays.ts';
import type { ServiceAnswer } from '../transport/reply-codec.ts';
import { Bringing, type BringingEvent, type BringingParts } from './bringing.ts';
import { KnownMap } from './known-map.ts';
import { OwnAsks, type RequestInput } from './own-asks.ts';

export type { RequestInput } from './own-asks.ts';

interface RouterParts extends Pick<BringingParts, 'renew'> {
  /** Hands a request to the proposer of a group; its key is a name there. */
  readonly request: (group: string, input: RequestInput) => void;
  /** Of a request that came here. */
  readonly answer: (token: number, answer: ServiceAnswer) => void;
  readonly count: (event: RouterEvent) => void;
}

export type RouterEvent = BringingEvent | 'closed' | 'map learnt';

export class Router {
  readonly #parts: RouterParts;
  readonly #own: OwnAsks;
  readonly #known: KnownMap;
  /** The partitions that are on their way. */
  readonly #bringing = new Map<number, Bringing>();
  /** Requests that met a closed stay which the map does not explain. */
  #held = 0;

  constructor(parts: RouterParts) {
    this.#parts = parts;
    this.#own = new OwnAsks(parts.request);
    this.#known = new KnownMap({ ask: this.#own.ask, onLearnt: before => this.#learnt(before) });
  }

  get map(): GroupMap {
    return this.#known.map;
  }

  /** Which of all maps it is: 0 before the first was decided, or heard of. */
  get version(): number {
    return this.#known.version;
  }

  /** Requests that wait here. */
  get waiting(): number {
    return [...this.#bringing.values()].reduce((sum, { waiting }) => sum + waiting, this.#held);
  }

  /** @param input with the key as clients know it. */
  request(input: RequestInput): void {
    const { key } = input;
    const { request } = this.#parts;
    if (isOwn(key)) {
      request(FIRST_GROUP, input);
      return;
    }
    const partition = partitionOf(key);
    const place = placeOf(this.map, partition);
    if (place.from === undefined || this.#bringingTo(partition, place).isBrought(key)) {
      request(place.group, place.number === 0 ? input : { ...input, key: nameIn(place.number, key) });
      return;
    }
    this.#bringingTo(partition, place).bring(key, {
      deadlineMs: input.deadlineMs,
      go: () => this.request(input),
      fail: why => this.#parts.answer(input.token, why),
      hold: nowMs => this.#hold(input, nowMs),
    });
  }

  /**
   * Brings a key of a partition that the map, which this router has learnt, shows on its way. That a key can be read does
   * not say as much: what never changes any more is remembered from before.
   * @param onEnd whether it was brought, or the move is over.
   */
  bring(key: string, moved: Place, deadlineMs: number, onEnd: (isBrought: boolean) => void): void {
    const partition = partitionOf(key);
    const place = placeOf(this.map, partition);
    if (!sameStay(place, moved)) {
      onEnd(place.number > moved.number);
      return;
    }
    if (place.from === undefined) {
      onEnd(true);
      return;
    }
    const bringing = this.#bringingTo(partition, place);
    if (bringing.isBrought(key)) {
      onEnd(true);
      return;
    }
    const fail = (): void => onEnd(false);
    const go = (): void => this.bring(key, moved, deadlineMs, onEnd);
    bringing.bring(key, { deadlineMs, go, fail, hold: fail });
  }

  /**
   * Sees that a move has begun for all keys, also where there is none to bring, and that a quorum which answers now has
   * closed the stay: of one that did so before, some may be gone. @param onEnd whether it has, or is over.
   */
  begin(partition: number, moved: Place, deadlineMs: number, onEnd: (isBegun: boolean) => void): void {
    const place = placeOf(this.map, partition);
    if (!sameStay(place, moved) || place.from === undefined) {
      onEnd(place.number > moved.number || sameStay(place, moved));
      return;
    }
    const bringing = this.#bringingTo(partition, place);
    const { group, number } = place.from;
    const key = nameIn(number, partitionKey(partition));
    this.#own.ask(group, { key, operation: { type: 'state.fetch' }, deadlineMs }, ended => {
      if (ended.kind !== 'done') onEnd(false);
      else bringing.whenBegun({ deadlineMs, go: () => onEnd(true), fail: () => onEnd(false) });
    });
  }

  /** What the proposer of a group says. */
  answered(token: number, answer: ServiceAnswer, nowMs: number): void {
    if (!this.#own.end(token, answer, nowMs)) this.#parts.answer(token, answer);
  }

  /** A group has the partition closed, and did nothing. */
  closed(group: string, input: RequestInput, nowMs: number): void {
    const { token, key: name } = input;
    this.#parts.count('closed');
    if (this.#own.end(token, { kind: 'closed' }, nowMs)) return;
    const place = placeOf(this.map, partitionOf(name));
    const isExplained = !sameStay(place, { group, number: stayOf(name) ?? 0 });
    const asked = { ...input, key: keyIn(name) };
    if (isExplained) this.request(asked);
    else this.#hold(asked, nowMs);
  }

  /** Takes over a map that was decided; an older one changes nothing. */
  learn(map: GroupMap, version: number, nowMs: number): void {
    this.#known.learn(map, version, nowMs);
  }

  /** Asks for a newer map where there may be one. To be called again and again. */
  tick(nowMs: number): void {
    this.#known.tick(nowMs);
  }

  /**
   * Asks for the map until it is there. Until then, and if it never is, that of one group does.
   * @param onLooked once the first answer is there, or none came in time
   */
  look(nowMs: number, onLooked?: () => void): void {
    if (onLooked !== undefined) this.#known.whenAsked(nowMs, onLooked);
    this.#known.look(nowMs);
  }

  #bringingTo(partition: number, place: Place): Bringing {
    const known = this.#bringing.get(partition);
    if (known !== undefined) return known;
    const { renew, count } = this.#parts;
    const bringing = new Bringing({ ask: this.#own.ask, renew, count }, partition, place);
    this.#bringing.set(partition, bringing);
    return bringing;
  }

  #learnt(before: GroupMap): void {
    const { count, renew } = this.#parts;
    count('map learnt');
    this.map.places.forEach((place, partition) => {
      if (!sameStay(place, placeOf(before, partition))) renew(place.group, partition);
    });
    for (const [partition, bringing] of [...this.#bringing]) {
      const place = placeOf(this.map, partition);
      if (place.from !== undefined && sameStay(place, bringing.place)) continue;
      this.#bringing.delete(partition);
      bringing.end();
    }
  }

  #hold(input: RequestInput, nowMs: number): void {
    this.#held += 1;
    this.#known.whenAsked(nowMs, (isTold, endMs) => {
      this.#held -= 1;
      if (input.deadlineMs <= endMs) this.#parts.answer(input.token, NO_MAP);
      // A map that was asked for before it was closed says nothing new: then it comes back.
      else if (isTold) this.request(input);
      else this.#hold(input, endMs);
    });
  }
}

const NO_MAP: ServiceAnswer = {
  kind: 'no_quorum',
  why: 'its keys were moved, and too few acceptors told where to',
};
