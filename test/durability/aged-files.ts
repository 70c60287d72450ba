// The files of a store with a past, and all that it ever held: what damage is done to, and judged by.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Slot } from '../../src/protocol/acceptor.ts';
import { encodeSlot } from '../../src/storage/slot-record.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import type { Dice } from '../simulation/dice.ts';
import { OWNER } from '../storage/slots.ts';

/** As they lie on the disk; `wal` is undefined after an orderly end. */
export interface Files {
  readonly database: Buffer | undefined;
  readonly wal: Buffer | undefined;
}

/** Files without damage, and what a store on them must show. */
export interface Intact extends Files {
  readonly newest: ReadonlyMap<string, Slot>;
}

export interface AgedFiles {
  /** After most of the commits, and an orderly end. */
  readonly old: Intact;
  /** After more commits, and an orderly end. */
  readonly closed: Intact;
  /** After still more commits, and a kill: these are in the WAL alone. */
  readonly killed: Intact;
  /** Another acceptor's, after a kill. */
  readonly others: Intact;
  readonly past: Past;
}

/** So that the table has pages of more than one level. */
const KEYS = 500;
/** Some values go on in pages of their own, and leave free pages when they are replaced by shorter ones. */
const LONG_VALUE_BYTES = 9000;
const SHORT_VALUE_BYTES_MAX = 300;

export async function ageFiles(directory: string, dice: Dice): Promise<AgedFiles> {
  const own = { path: join(directory, 'a1.db'), past: new Past(), dice };
  const theirs = { path: join(directory, 'a2.db'), past: new Past(), dice };
  const old = await aged(own, { acceptor: 'a1', batches: 60, rowsMax: 60, isKilled: false });
  const closed = await aged(own, { acceptor: 'a1', batches: 10, rowsMax: 12, isKilled: false });
  const killed = await aged(own, { acceptor: 'a1', batches: 10, rowsMax: 12, isKilled: true });
  const others = await aged(theirs, { acceptor: 'a2', batches: 20, rowsMax: 60, isKilled: true });
  return { old, closed, killed, others, past: own.past };
}

interface Aging {
  readonly path: string;
  readonly past: Past;
  readonly dice: Dice;
}

interface Period {
  readonly acceptor: string;
  readonly batches: number;
  readonly rowsMax: number;
  readonly isKilled: boolean;
}

/** The files after some more commits. */
async function aged(
  { path, past, dice }: Aging,
  { acceptor, batches, rowsMax, isKilled }: Period,
): Promise<Intact> {
  const store = await openSqliteStore({ path, ...OWNER, acceptor });
  for (let batch = 0; batch < batches; batch++) {
    const slots = new Map<string, Slot>();
    for (let row = dice.whole(1, rowsMax); row > 0; row--)
      slots.set(keyOf(dice.below(KEYS)), past.newSlot(dice));
    await store.commit(slots);
    past.add(slots);
  }
  if (!isKilled) await store.close();
  // No call is under way, so the files are what a kill would leave now.
  const files = { database: readFileSync(path), wal: isKilled ? readFileSync(`${path}-wal`) : undefined };
  if (isKilled) await store.close();
  return { ...files, newest: new Map(past.newest) };
}

export function keyOf(number: number): string {
  return `customers.${number}.orders.${(number * 7919) % 1000}`;
}

export const ALL_KEYS: readonly string[] = Array.from({ length: KEYS }, (_, i) => keyOf(i));

/** Every slot that a key ever had. */
export class Past {
  readonly newest = new Map<string, Slot>();
  readonly #records = new Map<string, Set<string>>();
  #counter = 0;

  newSlot(dice: Dice): Slot {
    this.#counter += 2;
    const proposer = 'p1-cafe';
    const bytes = dice.chance(0.02) ? LONG_VALUE_BYTES : dice.whole(1, SHORT_VALUE_BYTES_MAX);
    return {
      promised: { counter: this.#counter + 1, proposer },
      accepted: { counter: this.#counter, proposer },
      value: new Uint8Array(bytes).map(() => dice.below(256)),
    };
  }

  add(slots: ReadonlyMap<string, Slot>): void {
    for (const [key, slot] of slots) {
      const records = this.#records.get(key) ?? new Set();
      this.#records.set(key, records.add(recordOf(key, slot)));
      this.newest.set(key, slot);
    }
  }

  knows(key: string, slot: Slot): boolean {
    return this.#records.get(key)?.has(recordOf(key, slot)) ?? false;
  }
}

export function recordOf(key: string, slot: Slot): string {
  return encodeSlot({ storeId: '', key }, slot).toString('base64');
}
