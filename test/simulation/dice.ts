// All chance of a run, from its one seed.

import { randomSource } from '../../src/actors/random.ts';

export class Dice {
  /** In [0, 1). */
  readonly roll: () => number;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
    this.roll = randomSource(seed);
  }

  /** Others that follow from the same seed, so that what they decide leaves the chance of everything else as it is. */
  others(number: number): Dice {
    return new Dice(this.#seed * 16 + number);
  }

  chance(probability: number): boolean {
    return probability > 0 && this.roll() < probability;
  }

  between(least: number, most: number): number {
    return least + this.roll() * (most - least);
  }

  /** One of 0, 1, … `count - 1`. */
  below(count: number): number {
    return Math.floor(this.roll() * count);
  }

  /** An integer, both ends included. */
  whole(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('Cannot pick from nothing');
    return item;
  }

  /** An item with a chance in proportion to its weight. */
  weighted<Item>(choices: readonly (readonly [weight: number, item: Item])[]): Item {
    let left = this.roll() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, item] of choices) {
      left -= weight;
      if (left < 0) return item;
    }
    throw new RangeError('Cannot pick from nothing');
  }
}
