// What a proposer knows of the map of the groups: takes over newer ones, and asks for one when there may be one. Any map that
// was ever decided will do to begin with. Synchronous.

import {
  FIRST_GROUP,
  GROUPS_KEY,
  type GroupMap,
  groupMapOf,
  movingIn,
  ONE_GROUP,
} from '../protocol/group-map.ts';
import type { Ask } from './own-asks.ts';

/** @param isTold whether a quorum told which map there is */
type OnAsked = (isTold: boolean, nowMs: number) => void;

interface KnownMapParts {
  readonly ask: Ask;
  /** It is another one now. */
  readonly onLearnt: (before: GroupMap, nowMs: number) => void;
}

/** How long the map is waited for before it is asked for again. */
const MAP_MS = 500;
/** How often it is asked for while a partition is on its way. */
const LOOK_MS = 1000;

export class KnownMap {
  readonly #parts: KnownMapParts;
  #map: GroupMap = ONE_GROUP;
  #version = 0;
  #isAsking = false;
  /** Who waits for the answer. */
  #askers: OnAsked[] = [];
  #lookAtMs: number | undefined;

  constructor(parts: KnownMapParts) {
    this.#parts = parts;
  }

  get map(): GroupMap {
    return this.#map;
  }

  /** Which of all maps it is: 0 before the first was decided, or heard of. */
  get version(): number {
    return this.#version;
  }

  /** Takes over a map that was decided; an older one changes nothing. */
  learn(map: GroupMap, version: number, nowMs: number): void {
    if (version <= this.#version) return;
    const before = this.#map;
    this.#map = map;
    this.#version = version;
    this.#lookAtMs = movingIn(map).length > 0 ? nowMs + LOOK_MS : undefined;
    this.#parts.onLearnt(before, nowMs);
  }

  /** Asks for a newer map where there may be one. To be called again and again. */
  tick(nowMs: number): void {
    if (this.#lookAtMs === undefined || nowMs < this.#lookAtMs) return;
    this.look(nowMs);
  }

  /** Asks for the map until it is there. Until then, and if it never is, that of one group does. */
  look(nowMs: number): void {
    this.#lookAtMs = nowMs + LOOK_MS;
    this.#ask(nowMs);
  }

  /** Asks for it once, if nobody does already. */
  whenAsked(nowMs: number, onAsked: OnAsked): void {
    this.#askers.push(onAsked);
    this.#ask(nowMs);
  }

  #ask(nowMs: number): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const asked = {
      key: GROUPS_KEY,
      operation: { type: 'variable.read' },
      deadlineMs: nowMs + MAP_MS,
    } as const;
    this.#parts.ask(FIRST_GROUP, asked, (ended, endMs) => {
      this.#isAsking = false;
      const isTold = ended.kind === 'done';
      if (isTold && ended.view.set) this.learn(groupMapOf(ended.view.value), ended.view.version, endMs);
      if (isTold && movingIn(this.#map).length === 0) this.#lookAtMs = undefined;
      const askers = this.#askers;
      this.#askers = [];
      for (const onAsked of askers) onAsked(isTold, endMs);
    });
  }
}
