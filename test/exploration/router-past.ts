// The router of one proposer (src/actors/router.ts) as a value: what it was told since it last had nothing in hand, and what
// it knew then. Every step lets the real one live through that again.

import { Router, type RouterEvent } from '../../src/actors/router.ts';
import { FIRST_GROUP, groupsValue } from '../../src/protocol/group-map.ts';
import type { Operation, StateOperation } from '../../src/protocol/operation.ts';
import { UNSET, viewOf } from '../../src/protocol/state.ts';
import type { ServiceAnswer } from '../../src/transport/reply-codec.ts';
import { at } from './interning.ts';
import { isMoving, MAP_KEY, MAPS, PARTITION, placeBy } from './places.ts';
import { KEY } from './scope.ts';

/** As far as this one key and its partition go. */
interface Known {
  /** The number of its map. */
  readonly map: number;
  readonly isBegun: boolean;
  readonly isBrought: boolean;
}

export interface Asked {
  readonly group: string;
  readonly key: string;
  readonly token: number;
  readonly operation: Operation | StateOperation;
}

export type Told =
  | { readonly kind: 'request'; readonly token: number; readonly operation: Operation }
  | { readonly kind: 'answered'; readonly token: number; readonly answer: ServiceAnswer }
  | { readonly kind: 'closed'; readonly asked: Asked }
  | { readonly kind: 'learn'; readonly map: number }
  /** What the answer to its question for the map is. */
  | { readonly kind: 'map'; readonly map: number }
  /** What the mover's desk asks of it (G1, G4), by that map. */
  | { readonly kind: 'mover begins'; readonly map: number }
  | { readonly kind: 'mover brings'; readonly map: number };

export interface RouterPast {
  readonly known: Known;
  readonly told: readonly Told[];
  /** It has asked for the map. */
  readonly isAsking: boolean;
}

export const FRESH_ROUTER: RouterPast = {
  known: { map: 0, isBegun: false, isBrought: false },
  told: [],
  isAsking: false,
};

/** Where the router's own tokens begin. */
export const OWN_TOKENS = 2 ** 50;
const DEADLINE_MS = 1000;

export interface RouterStep {
  readonly past: RouterPast;
  readonly asked: readonly Asked[];
  readonly answers: readonly { readonly token: number; readonly answer: ServiceAnswer }[];
  /** What the mover's desk is told, if anything. */
  readonly moved: boolean | undefined;
  readonly events: readonly RouterEvent[];
}

export function tell(past: RouterPast, told: Told): RouterStep {
  const life = new Life(past);
  return life.step(told);
}

/** Also of what the router was asked that is on its way to it. */
export function mapKnownTo({ known, told }: RouterPast): number {
  return told.reduce((map, each) => {
    return 'map' in each && each.map > map ? each.map : map;
  }, known.map);
}

class Life {
  readonly #past: RouterPast;
  readonly #router: Router;
  /** Its own requests that are not answered. */
  readonly #open = new Set<number>();
  #asked: Asked[] = [];
  #answers: { token: number; answer: ServiceAnswer }[] = [];
  #events: RouterEvent[] = [];
  #moved: boolean | undefined;
  #question: number | undefined;
  #isBegun = false;
  #isBrought = false;

  constructor(past: RouterPast) {
    this.#past = past;
    const { known, told } = past;
    this.#router = new Router({
      request: (group, { token, key, request }) => {
        if (token >= OWN_TOKENS) this.#open.add(token);
        if (key === MAP_KEY) this.#question = token;
        this.#asked.push({ group, key, token, operation: request.operation as Operation });
      },
      renew: () => {
        this.#isBegun = true;
      },
      answer: (token, answer) => this.#answers.push({ token, answer }),
      count: event => {
        this.#events.push(event);
        if (event === 'brought' || event === 'nothing to bring' || event === 'found brought')
          this.#isBrought = true;
      },
    });
    this.#know(known);
    for (const each of told) this.#tell(each);
  }

  step(told: Told): RouterStep {
    this.#asked = [];
    this.#answers = [];
    this.#events = [];
    this.#moved = undefined;
    this.#tell(told);
    return {
      past: this.#pastAfter(told),
      asked: this.#asked.filter(({ key }) => key !== MAP_KEY),
      answers: this.#answers,
      moved: this.#moved,
      events: this.#events,
    };
  }

  #pastAfter(told: Told): RouterPast {
    const map = mapKnownTo({ ...this.#past, told: [...this.#past.told, told] });
    if (this.#open.size === 0 && this.#router.waiting === 0) {
      const isOnItsWay = isMoving(map);
      const known = { map, isBegun: isOnItsWay && this.#isBegun, isBrought: isOnItsWay && this.#isBrought };
      return { known, told: [], isAsking: false };
    }
    return { ...this.#past, told: [...this.#past.told, told], isAsking: this.#question !== undefined };
  }

  #know({ map, isBegun, isBrought }: Known): void {
    this.#learn(map);
    if (isBrought) this.#router.bring(KEY, placeBy(map), DEADLINE_MS, () => undefined);
    else if (isBegun) this.#router.begin(PARTITION, placeBy(map), DEADLINE_MS, () => undefined);
    // As it was answered then: nothing was collected, and what was brought tells the router nothing.
    for (const { token } of this.#asked)
      this.#answered(token, { kind: 'done', view: viewOf(UNSET), duplicate: false, whole: UNSET });
  }

  #learn(map: number): void {
    if (map > 0) this.#router.learn(at(MAPS, map), map, 0);
    this.#isBegun = false;
  }

  #answered(token: number, answer: ServiceAnswer): void {
    this.#open.delete(token);
    if (token === this.#question) this.#question = undefined;
    this.#router.answered(token, answer, 0);
  }

  #tell(told: Told): void {
    const events = this.#events.length;
    this.#hand(told);
    // What was begun and brought was so on another map.
    if (!this.#events.includes('map learnt', events)) return;
    this.#isBegun = false;
    this.#isBrought = false;
  }

  #hand(told: Told): void {
    switch (told.kind) {
      case 'request':
        this.#router.request(inputOf({ ...told, key: KEY, group: FIRST_GROUP }));
        break;
      case 'answered':
        this.#answered(told.token, told.answer);
        break;
      case 'closed':
        this.#open.delete(told.asked.token);
        this.#router.closed(told.asked.group, inputOf(told.asked), 0);
        break;
      case 'learn':
        this.#learn(told.map);
        break;
      case 'map': {
        const value = groupsValue(at(MAPS, told.map));
        const view = { set: true, value, version: told.map, kind: 'variable' } as const;
        if (this.#question === undefined) throw new Error('Nobody asked for the map');
        this.#answered(this.#question, { kind: 'done', view, duplicate: false });
        break;
      }
      case 'mover begins':
        this.#router.begin(PARTITION, placeBy(told.map), DEADLINE_MS, is => this.#onMoved(is));
        break;
      case 'mover brings':
        this.#router.bring(KEY, placeBy(told.map), DEADLINE_MS, is => this.#onMoved(is));
        break;
    }
  }

  #onMoved(is: boolean): void {
    this.#moved = is;
  }
}

function inputOf({ token, key, operation }: Asked) {
  const request = { operation: operation as Operation, id: undefined };
  return { kind: 'request', token, key, request, deadlineMs: DEADLINE_MS, bytes: 0 } as const;
}
