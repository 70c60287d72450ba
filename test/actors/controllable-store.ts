// A store whose commits and loads end when the test says so.

import type { Slot } from '../../src/protocol/acceptor.ts';
import { type Prints, printsOf } from '../../src/protocol/filter.ts';
import type { Store } from '../../src/storage/store.ts';

/** A call that waits to be ended. */
interface Held {
  readonly end: () => void;
  readonly fail: (error: unknown) => void;
}

export class ControllableStore implements Pick<Store, 'load' | 'mayHave' | 'printsOf' | 'commit'> {
  readonly #durable = new Map<string, Slot>();
  readonly commits: Held[] = [];
  readonly loads: Held[] = [];

  load(keys: readonly string[]): Promise<ReadonlyMap<string, Slot>> {
    return new Promise((resolve, fail) => {
      const end = (): void => resolve(new Map([...this.#durable].filter(([key]) => keys.includes(key))));
      this.loads.push({ end, fail });
    });
  }

  mayHave(key: string): boolean {
    return this.#durable.has(key);
  }

  async printsOf(): Promise<Prints> {
    return printsOf([...this.#durable.keys()]);
  }

  commit(slots: ReadonlyMap<string, Slot>): Promise<void> {
    return new Promise((resolve, fail) => {
      const end = (): void => {
        for (const [key, slot] of slots) this.#durable.set(key, slot);
        resolve();
      };
      this.commits.push({ end, fail });
    });
  }
}
