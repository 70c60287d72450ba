// Brings the keys of one partition that is on its way from one group to another (G3): first the old group closes it and the
// new one takes over what is left of registers that were collected; then each key that somebody waits for. Synchronous.

import type { Place } from '../protocol/group-map.ts';
import type { StateOperation } from '../protocol/operation.ts';
import { isFresh } from '../protocol/restoring.ts';
import type { RegisterState } from '../protocol/state.ts';
import { nameIn, partitionKey } from '../protocol/stays.ts';
import type { ServiceAnswer } from '../transport/reply-codec.ts';
import type { Ask, Ended } from './own-asks.ts';

export type BringingEvent = 'begun with remains' | 'brought' | 'nothing to bring' | 'found brought';

export interface BringingParts {
  readonly ask: Ask;
  /** The proposer of a group is to hold no promise for a whole partition that is older than its stay there (D3). */
  readonly renew: (group: string, partition: number) => void;
  readonly count: (event: BringingEvent) => void;
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

export class Bringing {
  readonly place: Place;
  readonly #parts: BringingParts;
  readonly #partition: number;
  /** The old group has closed it, and the new one knows what that had collected. */
  #isBegun = false;
  /** Who waits for that. */
  readonly #beginners: Beginner[] = [];
  /** Those that are at the new group, as far as is known here. */
  readonly #brought = new Set<string>();
  /** Who waits for a key. */
  readonly #waiting = new Map<string, Waiter[]>();

  constructor(parts: BringingParts, partition: number, place: Place) {
    this.#parts = parts;
    this.#partition = partition;
    this.place = place;
  }

  isBrought(key: string): boolean {
    return this.#brought.has(key);
  }

  /** Who waits for keys. */
  get waiting(): number {
    return [...this.#waiting.values()].reduce((sum, waiters) => sum + waiters.length, 0);
  }

  /** Has a key brought, once for all who wait for it. */
  bring(key: string, waiter: Waiter): void {
    const waiters = this.#waiting.get(key);
    if (waiters !== undefined) waiters.push(waiter);
    else {
      this.#waiting.set(key, [waiter]);
      const { deadlineMs } = waiter;
      const go = (): void => this.#fetch(key, deadlineMs);
      const fail = (why: Ended, nowMs: number): void => this.#notBrought(key, why, nowMs);
      this.whenBegun({ deadlineMs, go, fail });
    }
  }

  /** Before any key of the stay is used: the old one is closed, and what is left of its collected registers is known. */
  whenBegun(beginner: Beginner): void {
    if (this.#isBegun) {
      beginner.go();
      return;
    }
    this.#beginners.push(beginner);
    if (this.#beginners.length > 1) return;
    const { from } = this.place;
    if (from === undefined) return;
    const { deadlineMs } = beginner;
    const key = nameIn(from.number, partitionKey(this.#partition));
    const fetch = { key, operation: { type: 'state.fetch' }, deadlineMs } as const;
    this.#parts.ask(from.group, fetch, (ended, nowMs) => {
      const remains = ended.kind === 'done' ? ended.whole : undefined;
      if (remains === undefined) this.#notBegun(ended, nowMs);
      else if (remains.collected === 0) this.#begun();
      else this.#begin(remains, deadlineMs);
    });
  }

  /** The map is another now: all who wait look there. */
  end(): void {
    for (const key of [...this.#waiting.keys()]) for (const { go } of this.#takeWaiting(key)) go();
  }

  /** The ballots of collections are of the group that collected. */
  #begin(remains: RegisterState, deadlineMs: number): void {
    const { group, number } = this.place;
    const key = nameIn(number, partitionKey(this.#partition));
    const operation = { type: 'stay.begin', remains: { ...remains, collected: 1 } } as const;
    this.#parts.ask(group, { key, operation, deadlineMs }, (ended, nowMs) => {
      if (ended.kind === 'done') {
        this.#parts.count('begun with remains');
        this.#begun();
      } else this.#notBegun(ended, nowMs);
    });
  }

  #begun(): void {
    this.#isBegun = true;
    this.#parts.renew(this.place.group, this.#partition);
    for (const { go } of this.#beginners.splice(0)) go();
  }

  #notBegun(ended: Ended, nowMs: number): void {
    for (const { fail } of this.#beginners.splice(0)) fail(ended, nowMs);
  }

  /** G3: what the group that has closed the partition holds of the key... */
  #fetch(key: string, deadlineMs: number): void {
    const { from, number: stay } = this.place;
    if (from === undefined) return;
    const name = nameIn(from.number, key);
    this.#parts.ask(
      from.group,
      { key: name, operation: { type: 'state.fetch' }, deadlineMs },
      (ended, nowMs) => {
        const state = ended.kind === 'done' ? ended.whole : undefined;
        if (state === undefined) this.#notBrought(key, ended, nowMs);
        else if (isFresh(state)) this.#isThere(key, 'nothing to bring');
        else this.#put(key, { deadlineMs, operation: { type: 'state.bring', state, stay } });
      },
    );
  }

  /** ...becomes its state at the other group, unless somebody else brought it there before. */
  #put(
    key: string,
    { deadlineMs, operation }: { readonly deadlineMs: number; readonly operation: StateOperation },
  ): void {
    const { group, number } = this.place;
    this.#parts.ask(group, { key: nameIn(number, key), operation, deadlineMs }, (ended, nowMs) => {
      if (ended.kind === 'done') this.#isThere(key, 'brought');
      else if (ended.kind === 'refused') this.#isThere(key, 'found brought');
      else this.#notBrought(key, ended, nowMs);
    });
  }

  #isThere(key: string, event: BringingEvent): void {
    this.#parts.count(event);
    this.#brought.add(key);
    for (const { go } of this.#takeWaiting(key)) go();
  }

  /** Nothing was done for those who wait. */
  #notBrought(key: string, ended: Ended, nowMs: number): void {
    const why = ended.kind === 'storage_full' || ended.kind === 'overloaded' ? ended : undefined;
    for (const waiter of this.#takeWaiting(key)) {
      if (ended.kind === 'closed') waiter.hold(nowMs);
      else if (why !== undefined || waiter.deadlineMs <= nowMs) waiter.fail(why ?? NOT_BROUGHT);
      else waiter.go();
    }
  }

  #takeWaiting(key: string): readonly Waiter[] {
    const waiters = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    return waiters;
  }
}

const NOT_BROUGHT: ServiceAnswer = {
  kind: 'no_quorum',
  why: 'its keys are being moved to another group of acceptors, and it could not be brought there in time',
};
