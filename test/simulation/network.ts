// The network: every message on its own is delayed, and may be lost, doubled, late or cut off. Messages pass
// each other by their delays. It knows names, not what it carries.

import type { World } from './world.ts';

export interface Letter {
  readonly from: string;
  readonly to: string;
  /** Whether the network may deliver it twice. A client's request comes once: nobody promises it more. */
  readonly mayDouble: boolean;
  readonly arrive: () => void;
}

const HEALED_SPREAD_MS = 1;

export class Network {
  readonly #world: World;
  readonly #cut = new Map<string, number>();
  readonly #distances = new Map<string, number>();
  #isHealed = false;

  constructor(world: World) {
    this.#world = world;
  }

  send(letter: Letter): void {
    const { dice, coverage, trace } = this.#world;
    if (this.#isHealed) {
      this.#deliver(letter);
      return;
    }
    const { loss, duplication } = this.#world.plan.network;
    if (this.#cut.has(link(letter.from, letter.to))) {
      coverage.count('message cut off');
      trace.note(letter.from, () => `✂ ${letter.to}`);
      return;
    }
    if (dice.chance(loss)) {
      coverage.count('message lost');
      trace.note(letter.from, () => `✗ ${letter.to}`);
      return;
    }
    this.#deliver(letter);
    if (!letter.mayDouble || !dice.chance(duplication)) return;
    coverage.count('message duplicated');
    this.#deliver(letter);
  }

  /** Cuts links, one way each, until `mend` is called for the same. */
  cut(links: readonly (readonly [from: string, to: string])[]): void {
    for (const [from, to] of links) this.#cut.set(link(from, to), (this.#cut.get(link(from, to)) ?? 0) + 1);
  }

  mend(links: readonly (readonly [from: string, to: string])[]): void {
    for (const [from, to] of links) {
      const left = (this.#cut.get(link(from, to)) ?? 0) - 1;
      if (left > 0) this.#cut.set(link(from, to), left);
      else this.#cut.delete(link(from, to));
    }
  }

  /** From now on it delays a little and does nothing worse. What is late already still comes. */
  heal(): void {
    this.#isHealed = true;
  }

  #deliver({ from, to, arrive }: Letter): void {
    const { dice, coverage, events } = this.#world;
    const { delayMs, spreadMs, lateness, lateMsMax } = this.#world.plan.network;
    if (this.#isHealed) {
      events.after(delayMs + dice.between(0, HEALED_SPREAD_MS), arrive);
      return;
    }
    let afterMs = (delayMs + dice.between(0, spreadMs)) * this.#distance(link(from, to));
    if (dice.chance(lateness)) {
      coverage.count('message late');
      afterMs += dice.between(0, lateMsMax);
    }
    events.after(afterMs, arrive);
  }

  #distance(name: string): number {
    let distance = this.#distances.get(name);
    if (distance === undefined) {
      distance = this.#world.dice.pick(this.#world.plan.network.distances);
      this.#distances.set(name, distance);
    }
    return distance;
  }
}

function link(from: string, to: string): string {
  return `${from}>${to}`;
}
