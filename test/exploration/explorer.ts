// The explorer: visits every state that a scope can reach, nearest first, and judges each. Breadth first, so
// that the story of a broken rule is a shortest one.

import { at } from './interning.ts';
import { Judge } from './judge.ts';
import type { Recording } from './recording.ts';
import { RuleBroken } from './rule-broken.ts';
import type { Rules, Scope } from './scope.ts';
import { successors } from './successors.ts';
import { Tables } from './tables.ts';
import { Visited } from './visited.ts';
import { firstWorld, keyOf, type World, worldOf } from './world.ts';

export interface Exploration {
  readonly kind: 'complete' | 'broken' | 'bounded';
  readonly states: number;
  readonly steps: number;
  /** Changes of phase and answers that were met. */
  readonly seen: ReadonlySet<string>;
  /** What clients may see: sequences of calls and answers. */
  readonly recordings: readonly Recording[];
  readonly broken: RuleBroken | undefined;
  /** What led to the broken rule. Names of acceptors may change from line to line: see renaming.ts. */
  readonly story: readonly string[];
}

export interface ExploreOptions {
  /** Leave out states that tell nothing new: by symmetry, and messages that can do nothing any more. */
  readonly reduced: boolean;
  readonly statesMax: number;
  readonly onProgress: (states: number, waiting: number) => void;
}

const PROGRESS_EVERY = 100_000;
export const EXPLORE_ALL: ExploreOptions = {
  reduced: true,
  statesMax: Number.POSITIVE_INFINITY,
  onProgress: () => undefined,
};

export function explore(scope: Scope, rules: Rules, options: ExploreOptions = EXPLORE_ALL): Exploration {
  return new Explorer(scope, rules, options).explore();
}

interface Broken {
  readonly rule: RuleBroken;
  readonly story: readonly string[];
}

class Explorer {
  readonly #tables: Tables;
  readonly #judge: Judge;
  readonly #options: ExploreOptions;
  readonly #visited = new Visited();
  /** In order of their visit; each with the number of the one that it was reached from. */
  readonly #keys: string[] = [];
  readonly #parents: number[] = [];
  #steps = 0;

  constructor(scope: Scope, rules: Rules, options: ExploreOptions) {
    this.#tables = new Tables(scope, rules, options.reduced);
    this.#judge = new Judge(this.#tables);
    this.#options = options;
  }

  explore(): Exploration {
    this.#visit(this.#opened(), -1);
    for (let next = 0; next < this.#keys.length; next++) {
      if (this.#keys.length > this.#options.statesMax) return this.#conclude('bounded');
      if (next % PROGRESS_EVERY === 0) this.#options.onProgress(this.#keys.length, this.#keys.length - next);
      const broken = this.#expand(next);
      if (broken !== undefined) return this.#conclude('broken', broken);
    }
    return this.#conclude('complete');
  }

  /** The world after the opening of the scope. */
  #opened(): World {
    return this.#tables.scope.opening.reduce((world, line) => {
      const followers: World[] = [];
      successors(this.#tables, world, (next, describe) => {
        if (describe().startsWith(line)) followers.push(next);
      });
      const [next] = followers;
      if (next === undefined) throw new Error(`The opening cannot go on with '${line}'`);
      return next;
    }, firstWorld(this.#tables));
  }

  #expand(number: number): Broken | undefined {
    let lastOf: () => string = () => 'a step that is broken itself';
    try {
      successors(this.#tables, worldOf(this.#tables, at(this.#keys, number)), (world, describe) => {
        this.#steps += 1;
        const before = lastOf;
        lastOf = describe;
        this.#visit(world, number);
        lastOf = before;
      });
    } catch (rule) {
      if (rule instanceof RuleBroken) return { rule, story: [...this.#storyOf(number), lastOf()] };
      throw rule;
    }
    return undefined;
  }

  #visit(world: World, parent: number): void {
    const key = keyOf(this.#tables, world);
    if (!this.#visited.add(key)) return;
    this.#judge.check(world);
    this.#keys.push(key);
    this.#parents.push(parent);
  }

  /** The steps that led to a state, found again by taking them. */
  #storyOf(number: number): readonly string[] {
    const parent = at(this.#parents, number);
    if (parent === -1) return [];
    let line = '';
    successors(this.#tables, worldOf(this.#tables, at(this.#keys, parent)), (world, describe) => {
      if (line === '' && keyOf(this.#tables, world) === this.#keys[number]) line = describe();
    });
    return [...this.#storyOf(parent), line];
  }

  #conclude(kind: Exploration['kind'], broken?: Broken): Exploration {
    return {
      kind,
      states: this.#keys.length,
      steps: this.#steps,
      seen: this.#tables.seen,
      recordings: this.#tables.recordings.values,
      broken: broken?.rule,
      story: broken?.story ?? [],
    };
  }
}
