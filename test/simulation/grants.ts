// What owners were told of their grants, and when each believed that it holds the lock. Throws the Violation it finds.

import type { NodeClock } from './node-clock.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

/** One grant, as its owner sees it by its own steady clock. */
export interface Grant {
  readonly owner: string;
  readonly token: number;
  readonly fromMs: number;
  /** Counted from before it was asked for, and then from before each renewal. */
  untilMs: number;
  isReleased: boolean;
}

/** Sums of fractions. */
const ROUNDING_MS = 1e-3;

export class Grants {
  readonly #world: World;
  readonly #all: Grant[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  get highestToken(): number {
    return Math.max(0, ...this.#all.map(({ token }) => token));
  }

  /** @param asked when it was asked for, and the highest token that anybody had been granted by then. */
  add(owner: string, token: number, asked: { atMs: number; ttlMs: number; highestToken: number }): Grant {
    const { coverage, events } = this.#world;
    if (token <= asked.highestToken || this.#all.some(grant => grant.token === token)) {
      const why = `'${owner}' was granted token ${token}, after one with ${asked.highestToken}`;
      throw new Violation('every grant has a larger token than all before', why);
    }
    const before = this.#all.filter(grant => grant.token < token).at(-1);
    if (before !== undefined && before.owner !== owner && !before.isReleased)
      coverage.count('lock taken over');
    const grant = {
      owner,
      token,
      fromMs: events.nowMs,
      untilMs: asked.atMs + asked.ttlMs,
      isReleased: false,
    };
    this.#all.push(grant);
    return grant;
  }

  /** From now on the owner does not believe it any more. */
  end(grant: Grant): void {
    grant.untilMs = Math.min(grant.untilMs, this.#world.events.nowMs);
  }

  /** Two believe that they hold the lock for no longer than the clocks of those who grant it were apart. */
  judge(clocks: readonly NodeClock[]): void {
    const looked = clocks.map(({ aheadMs }) => aheadMs).filter(([least]) => Number.isFinite(least));
    const apartMs = Math.max(...looked.map(([, most]) => most)) - Math.min(...looked.map(([least]) => least));
    for (const [i, one] of this.#all.entries()) {
      for (const other of this.#all.slice(i + 1)) {
        const bothMs = Math.min(one.untilMs, other.untilMs) - Math.max(one.fromMs, other.fromMs);
        if (bothMs <= 0) continue;
        this.#world.coverage.count('two believed that they hold the lock');
        if (bothMs <= apartMs + ROUNDING_MS) continue;
        const who = `'${one.owner}' (token ${one.token}) and '${other.owner}' (token ${other.token})`;
        const why = `${who} both believed it for ${bothMs.toFixed(3)} ms, and clocks were ${apartMs.toFixed(3)} ms apart`;
        throw new Violation('two hold a lock for no longer than clocks are apart', why);
      }
    }
  }
}
