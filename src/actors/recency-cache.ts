// A bounded memory by key. What was used once is remembered for a little while; what was used again, for longer, so that
// many keys that are used once do not push out those that are used often, and die before a garbage collector has
// to move them (2Q: Johnson and Shasha, VLDB 1994; here a filter tells which keys were used before). Each part
// has two generations: what was used since the last change of generations, and what was used in the one
// before. Forgetting one by one in order of use would walk over the holes that a Map keeps where entries were deleted.

import { addTo, emptyFilter, type Filter, mayContain } from '../protocol/filter.ts';
import { TurnoverMap } from '../protocol/turnover-map.ts';

interface RecencyCacheOptions<Value> {
  readonly bytesMax: number;
  /** What an entry takes; always the same for the same value. */
  readonly cost: (key: string, value: Value) => number;
}

/** The share of the bytes for what was used once. */
const ONCE_SHARE = 0.35;
/** For how many keys it is known after they were forgotten that they were used. */
const SEEN_MAX = 64 * 1024;

export class RecencyCache<Value extends object> {
  readonly #once: Part<Value>;
  readonly #often: Part<Value>;
  readonly #seen = new SeenKeys(SEEN_MAX);
  readonly #cost: RecencyCacheOptions<Value>['cost'];

  constructor({ bytesMax, cost }: RecencyCacheOptions<Value>) {
    this.#cost = cost;
    this.#once = new Part(bytesMax * ONCE_SHARE, cost);
    this.#often = new Part(bytesMax * (1 - ONCE_SHARE), cost);
  }

  get(key: string): Value | undefined {
    return this.#often.get(key) ?? this.#once.get(key);
  }

  /** The value, which is forgotten. */
  take(key: string): Value | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    this.#once.delete(key);
    this.#often.delete(key);
    return value;
  }

  /** Remembers the value as just used, in place of any earlier one. */
  use(key: string, value: Value): void {
    const cost = this.#cost(key, value);
    if (this.#often.get(key) !== undefined) this.#often.put(key, value, cost);
    else if (this.#seen.add(key)) this.#once.put(key, value, cost);
    else {
      this.#once.delete(key);
      this.#often.put(key, value, cost);
    }
  }
}

class SeenKeys {
  readonly #generationMax: number;
  #recent: Filter;
  #older: Filter;
  #recentKeys = 0;

  constructor(keysMax: number) {
    this.#generationMax = keysMax / 2;
    this.#recent = emptyFilter(this.#generationMax);
    this.#older = emptyFilter(0);
  }

  /** @returns whether the key is new. */
  add(key: string): boolean {
    if (mayContain(this.#recent, key)) return false;
    const isNew = !mayContain(this.#older, key);
    addTo(this.#recent, key);
    this.#recentKeys += 1;
    if (this.#recentKeys >= this.#generationMax) {
      this.#older = this.#recent;
      this.#recent = emptyFilter(this.#generationMax);
      this.#recentKeys = 0;
    }
    return isNew;
  }
}

class Part<Value extends object> {
  readonly #generationBytesMax: number;
  readonly #cost: RecencyCacheOptions<Value>['cost'];
  #recent = new TurnoverMap<string, Value>();
  #older = new TurnoverMap<string, Value>();
  #recentBytes = 0;

  constructor(bytesMax: number, cost: RecencyCacheOptions<Value>['cost']) {
    this.#generationBytesMax = bytesMax / 2;
    this.#cost = cost;
  }

  get(key: string): Value | undefined {
    return this.#recent.get(key) ?? this.#older.get(key);
  }

  delete(key: string): void {
    const recent = this.#recent.get(key);
    if (recent !== undefined) this.#recentBytes -= this.#cost(key, recent);
    this.#recent.delete(key);
    this.#older.delete(key);
  }

  put(key: string, value: Value, cost: number): void {
    if (cost > this.#generationBytesMax) {
      this.delete(key);
      return;
    }
    const known = this.#recent.get(key);
    if (known !== undefined) this.#recentBytes -= this.#cost(key, known);
    this.#recent.set(key, value);
    this.#recentBytes += cost;
    if (this.#recentBytes <= this.#generationBytesMax) return;
    this.#older = this.#recent;
    this.#recent = new TurnoverMap();
    this.#recentBytes = 0;
  }
}
