// The router of a proposer: hands each request to the group of acceptors that keeps its key, brings keys over that are on
// their way (G3), and learns a newer map when it is told that a partition is closed (G1). Any map that was ever decided
// will do to begin with: whoever is at the wrong group is told so there. Synchronous: requests, answers and time come in,
// requests and answers go out.

import {
  FIRST_GROUP,
  GROUPS_KEY,
  type GroupMap,
  groupMapOf,
  movingIn,
  ONE_GROUP,
  type Place,
  placeOf,
  sameStay,
} from '../protocol/group-map.ts';
import type { Operation, StateOperation } from '../protocol/operation.ts';
import { partitionOf } from '../protocol/partition.ts';
import { isFresh } from '../protocol/restoring.ts';
import type { RegisterState } from '../protocol/state.ts';
import { isOwn, keyIn, nameIn, partitionKey, stayOf } from '../protocol/stays.ts';
import type { ServiceAnswer } from '../transport/reply-codec.ts';
import type { ProposerInput } from './proposer-actor.ts';

export type RequestInput = Extract<ProposerInput, { kind: 'request' }>;

interface RouterParts {
  /** Hands a request to the proposer of a group; its key is a name there. */
  readonly request: (group: string, input: RequestInput) => void;
  /** The proposer of a group is to hold no promise for a whole partition that is older than its stay there (D3). */
  readonly renew: (group: string, partition: number) => void;
  /** Of a request that came here. */
  readonly answer: (token: number, answer: ServiceAnswer) => void;
  readonly count: (event: RouterEvent) => void;
}

export type RouterEvent =
  | 'closed'
  | 'begun with remains'
  | 'brought'
  | 'nothing to bring'
  | 'found brought'
  | 'map learnt';

/** The keys of a partition that is on its way. */
interface Bringing {
  readonly partition: number;
  readonly place: Place;
  /** The old group has closed it, and the new one knows what that had collected. */
  isBegun: boolean;
  /** Who waits for that. */
  readonly beginners: Beginner[];
  /** Those that are at the new group, as far as is known here. */
  readonly brought: Set<string>;
  /** Who waits for a key. */
  readonly waiting: Map<string, Waiter[]>;
}

interface Beginner {
  readonly deadlineMs: number;
  readonly go: () => void;
  readonly fail: (ended: Ended, nowMs: number) => void;
}

interface Waiter {
  readonly deadlineMs: number;
  /** The key is at the new group, or the map is another now. */
  readonly go: () => void;
  readonly fail: (why: ServiceAnswer) => void;
  /** The new group has closed the partition as well: the map is old. */
  readonly hold: (nowMs: number) => void;
}

type Ended = ServiceAnswer | { readonly kind: 'closed' };

/** Tokens from here on are the router's own. */
const OWN_TOKENS = 2 ** 50;
/** How long the map is waited for before it is asked for again. */
const MAP_MS = 500;
/** How often it is asked for while a partition is on its way. */
const LOOK_MS = 1000;

export class Router {
  readonly #parts: RouterParts;
  #map: GroupMap = ONE_GROUP;
  #version = 0;
  readonly #bringing = new Map<number, Bringing>();
  /** Requests that met a closed stay which the map does not explain. */
  #held: RequestInput[] = [];
  #isAsking = false;
  /** Who waits for the answer. */
  readonly #lookers: (() => void)[] = [];
  #lookAtMs: number | undefined;
  readonly #own = new Map<number, (ended: Ended, nowMs: number) => void>();
  #lastToken = OWN_TOKENS;

  constructor(parts: RouterParts) {
    this.#parts = parts;
  }

  get map(): GroupMap {
    return this.#map;
  }

  /** Which of all maps it is: 0 before the first was decided, or heard of. */
  get version(): number {
    return this.#version;
  }

  /** Requests that wait here. */
  get waiting(): number {
    let waiting = this.#held.length;
    for (const bringing of this.#bringing.values())
      for (const waiters of bringing.waiting.values()) waiting += waiters.length;
    return waiting;
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
    const place = placeOf(this.#map, partition);
    if (place.from === undefined || this.#bringingTo(partition, place).brought.has(key)) {
      request(place.group, place.number === 0 ? input : { ...input, key: nameIn(place.number, key) });
      return;
    }
    this.#await(this.#bringingTo(partition, place), key, {
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
    const place = placeOf(this.#map, partition);
    if (!sameStay(place, moved)) {
      onEnd(place.number > moved.number);
      return;
    }
    if (place.from === undefined) {
      onEnd(true);
      return;
    }
    const bringing = this.#bringingTo(partition, place);
    if (bringing.brought.has(key)) {
      onEnd(true);
      return;
    }
    const fail = (): void => onEnd(false);
    const go = (): void => this.bring(key, moved, deadlineMs, onEnd);
    this.#await(bringing, key, { deadlineMs, go, fail, hold: fail });
  }

  /**
   * Sees that a move has begun for all keys, also where there is none to bring, and that a quorum which answers now has
   * closed the stay: of one that did so before, some may be gone. @param onEnd whether it has, or is over.
   */
  begin(partition: number, moved: Place, deadlineMs: number, onEnd: (isBegun: boolean) => void): void {
    const place = placeOf(this.#map, partition);
    if (!sameStay(place, moved) || place.from === undefined) {
      onEnd(place.number > moved.number || sameStay(place, moved));
      return;
    }
    const bringing = this.#bringingTo(partition, place);
    const { group, number } = place.from;
    const key = nameIn(number, partitionKey(partition));
    this.#ask(group, { key, operation: { type: 'state.fetch' }, deadlineMs }, ended => {
      if (ended.kind !== 'done') onEnd(false);
      else this.#whenBegun(bringing, { deadlineMs, go: () => onEnd(true), fail: () => onEnd(false) });
    });
  }

  /** What the proposer of a group says. */
  answered(token: number, answer: ServiceAnswer, nowMs: number): void {
    if (token < OWN_TOKENS) this.#parts.answer(token, answer);
    else this.#end(token, answer, nowMs);
  }

  /** A group has the partition closed, and did nothing. */
  closed(group: string, input: RequestInput, nowMs: number): void {
    const { token, key: name } = input;
    this.#parts.count('closed');
    if (token >= OWN_TOKENS) {
      this.#end(token, { kind: 'closed' }, nowMs);
      return;
    }
    const place = placeOf(this.#map, partitionOf(name));
    const isExplained = !sameStay(place, { group, number: stayOf(name) ?? 0 });
    const asked = { ...input, key: keyIn(name) };
    if (isExplained) this.request(asked);
    else this.#hold(asked, nowMs);
  }

  /** Takes over a map that was decided; an older one changes nothing. */
  learn(map: GroupMap, version: number, nowMs: number): void {
    if (version <= this.#version) return;
    this.#parts.count('map learnt');
    const before = this.#map;
    // First: whoever is asked for a group looks here who it is.
    this.#map = map;
    map.places.forEach((place, partition) => {
      if (!sameStay(place, placeOf(before, partition))) this.#parts.renew(place.group, partition);
    });
    this.#version = version;
    this.#lookAtMs = movingIn(map).length > 0 ? nowMs + LOOK_MS : undefined;
    for (const [partition, bringing] of [...this.#bringing]) {
      const place = placeOf(map, partition);
      if (place.from !== undefined && sameStay(place, bringing.place)) continue;
      this.#bringing.delete(partition);
      for (const key of [...bringing.waiting.keys()]) for (const { go } of takeWaiting(bringing, key)) go();
    }
  }

  /** Asks for a newer map where there may be one. To be called again and again. */
  tick(nowMs: number): void {
    if (this.#lookAtMs === undefined || nowMs < this.#lookAtMs) return;
    this.#lookAtMs = nowMs + LOOK_MS;
    this.#askMap(nowMs);
  }

  /**
   * Asks for the map until it is there. Until then, and if it never is, that of one group does.
   * @param onLooked once the first answer is there, or none came in time
   */
  look(nowMs: number, onLooked?: () => void): void {
    if (onLooked !== undefined) this.#lookers.push(onLooked);
    this.#lookAtMs = nowMs + LOOK_MS;
    this.#askMap(nowMs);
  }

  #bringingTo(partition: number, place: Place): Bringing {
    const known = this.#bringing.get(partition);
    if (known !== undefined) return known;
    const bringing: Bringing = {
      partition,
      place,
      isBegun: false,
      beginners: [],
      brought: new Set(),
      waiting: new Map(),
    };
    this.#bringing.set(partition, bringing);
    return bringing;
  }

  #await(bringing: Bringing, key: string, waiter: Waiter): void {
    const waiters = bringing.waiting.get(key);
    if (waiters !== undefined) waiters.push(waiter);
    else {
      bringing.waiting.set(key, [waiter]);
      const { deadlineMs } = waiter;
      const fetch = (): void => this.#fetch(bringing, key, deadlineMs);
      const fail = (why: Ended, nowMs: number): void => this.#notBrought(bringing, key, why, nowMs);
      this.#whenBegun(bringing, { deadlineMs, go: fetch, fail });
    }
  }

  /** Before any key of the stay is used: the old one is closed, and what is left of its collected registers is known. */
  #whenBegun(bringing: Bringing, beginner: Beginner): void {
    if (bringing.isBegun) {
      beginner.go();
      return;
    }
    bringing.beginners.push(beginner);
    if (bringing.beginners.length > 1) return;
    const { place } = bringing;
    const { from } = place;
    if (from === undefined) return;
    const { deadlineMs } = beginner;
    const key = partitionKey(bringing.partition);
    const fetch = { key: nameIn(from.number, key), operation: { type: 'state.fetch' }, deadlineMs } as const;
    this.#ask(from.group, fetch, (ended, nowMs) => {
      const remains = ended.kind === 'done' ? ended.whole : undefined;
      if (remains === undefined) this.#notBegun(bringing, ended, nowMs);
      else if (remains.collected === 0) this.#begun(bringing);
      else this.#begin(bringing, remains, deadlineMs);
    });
  }

  /** The ballots of collections are of the group that collected. */
  #begin(bringing: Bringing, remains: RegisterState, deadlineMs: number): void {
    const { group, number } = bringing.place;
    const key = nameIn(number, partitionKey(bringing.partition));
    const operation = { type: 'stay.begin', remains: { ...remains, collected: 1 } } as const;
    this.#ask(group, { key, operation, deadlineMs }, (ended, nowMs) => {
      if (ended.kind === 'done') {
        this.#parts.count('begun with remains');
        this.#begun(bringing);
      } else this.#notBegun(bringing, ended, nowMs);
    });
  }

  #begun(bringing: Bringing): void {
    bringing.isBegun = true;
    this.#parts.renew(bringing.place.group, bringing.partition);
    for (const { go } of bringing.beginners.splice(0)) go();
  }

  #notBegun(bringing: Bringing, ended: Ended, nowMs: number): void {
    for (const { fail } of bringing.beginners.splice(0)) fail(ended, nowMs);
  }

  /** G3: what the group that has closed the partition holds of the key... */
  #fetch(bringing: Bringing, key: string, deadlineMs: number): void {
    const { from } = bringing.place;
    if (from === undefined) return;
    const name = nameIn(from.number, key);
    this.#ask(from.group, { key: name, operation: { type: 'state.fetch' }, deadlineMs }, (ended, endMs) => {
      const state = ended.kind === 'done' ? ended.whole : undefined;
      if (state === undefined) this.#notBrought(bringing, key, ended, endMs);
      else if (isFresh(state)) this.#brought(bringing, key, 'nothing to bring');
      else this.#bring(bringing, { key, deadlineMs, operation: { type: 'state.bring', state } });
    });
  }

  /** ...becomes its state at the other group, unless somebody else brought it there before. */
  #bring(
    bringing: Bringing,
    { key, deadlineMs, operation }: { key: string; deadlineMs: number; operation: StateOperation },
  ): void {
    const { group, number } = bringing.place;
    this.#ask(group, { key: nameIn(number, key), operation, deadlineMs }, (ended, endMs) => {
      if (ended.kind === 'done') this.#brought(bringing, key, 'brought');
      else if (ended.kind === 'refused') this.#brought(bringing, key, 'found brought');
      else this.#notBrought(bringing, key, ended, endMs);
    });
  }

  #brought(bringing: Bringing, key: string, event: RouterEvent): void {
    this.#parts.count(event);
    bringing.brought.add(key);
    for (const { go } of takeWaiting(bringing, key)) go();
  }

  /** Nothing was done for those who wait. */
  #notBrought(bringing: Bringing, key: string, ended: Ended, nowMs: number): void {
    const why = ended.kind === 'storage_full' || ended.kind === 'overloaded' ? ended : undefined;
    for (const waiter of takeWaiting(bringing, key)) {
      if (ended.kind === 'closed') waiter.hold(nowMs);
      else if (why !== undefined || waiter.deadlineMs <= nowMs) waiter.fail(why ?? NOT_BROUGHT);
      else waiter.go();
    }
  }

  #hold(input: RequestInput, nowMs: number): void {
    this.#held.push(input);
    this.#askMap(nowMs);
  }

  #askMap(nowMs: number): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const operation: Operation = { type: 'variable.read' };
    const asked = { key: GROUPS_KEY, operation, deadlineMs: nowMs + MAP_MS };
    this.#ask(FIRST_GROUP, asked, (ended, endMs) => {
      this.#isAsking = false;
      if (ended.kind === 'done' && ended.view.set)
        this.learn(groupMapOf(ended.view.value), ended.view.version, endMs);
      if (ended.kind === 'done' && movingIn(this.#map).length === 0) this.#lookAtMs = undefined;
      for (const onLooked of this.#lookers.splice(0)) onLooked();
      const held = this.#held;
      this.#held = [];
      for (const input of held) {
        if (input.deadlineMs <= endMs) this.#parts.answer(input.token, NO_MAP);
        // A map that was asked for before it was closed says nothing new: then it comes back.
        else if (ended.kind === 'done') this.request(input);
        else this.#hold(input, endMs);
      }
    });
  }

  #ask(
    group: string,
    {
      key,
      operation,
      deadlineMs,
    }: { key: string; operation: Operation | StateOperation; deadlineMs: number },
    onEnd: (ended: Ended, nowMs: number) => void,
  ): void {
    this.#lastToken += 1;
    const token = this.#lastToken;
    this.#own.set(token, onEnd);
    const request = { operation, id: undefined } as RequestInput['request'];
    this.#parts.request(group, { kind: 'request', token, key, request, deadlineMs, bytes: key.length });
  }

  #end(token: number, ended: Ended, nowMs: number): void {
    const onEnd = this.#own.get(token);
    this.#own.delete(token);
    onEnd?.(ended, nowMs);
  }
}

function takeWaiting({ waiting }: Bringing, key: string): readonly Waiter[] {
  const waiters = waiting.get(key) ?? [];
  waiting.delete(key);
  return waiters;
}

const NOT_BROUGHT: ServiceAnswer = {
  kind: 'no_quorum',
  why: 'its keys are being moved to another group of acceptors, and it could not be brought there in time',
};

const NO_MAP: ServiceAnswer = {
  kind: 'no_quorum',
  why: 'its keys were moved, and too few acceptors told where to',
};
