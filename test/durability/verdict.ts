// What a store makes of damaged files: opened, read, written to, and opened again.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Slot } from '../../src/protocol/acceptor.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import { type Store, StoreError } from '../../src/storage/store.ts';
import { OWNER } from '../storage/slots.ts';
import { ALL_KEYS, keyOf, type Past, recordOf } from './aged-files.ts';
import type { Damage } from './damages.ts';

/** The worst that happened, worst first. */
export const VERDICTS = [
  /** A slot was served that its key never had: never allowed. */
  'wrong',
  /** Slots were lost or older, and nothing was ever said. */
  'silently older',
  /** So it was, and an error came for others, or only later. */
  'older, then refused',
  'refused at commit',
  'refused at load',
  'refused at open',
  'harmless',
] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Judged {
  readonly verdict: Verdict;
  /** What the store said, the first time it refused. */
  readonly code: string | undefined;
  readonly lost: number;
  readonly older: number;
  /** The keys whose slots are wrong. */
  readonly wrong: readonly string[];
}

const CHUNK_KEYS = 50;
const CHANGED_KEY = keyOf(1);
const NEW_KEY = 'new.key';

export async function judge({ intact, files }: Damage, past: Past): Promise<Judged> {
  const directory = mkdtempSync(join(tmpdir(), 'synod-damage-'));
  const path = join(directory, 'a1.db');
  try {
    if (files.database !== undefined) writeFileSync(path, files.database);
    if (files.wal !== undefined) writeFileSync(`${path}-wal`, files.wal);
    const use = new Use(past, new Map(intact.newest));
    await use.life(path, true);
    if (use.refused === undefined) await use.life(path, false);
    return use.judged();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

class Use {
  readonly #past: Past;
  readonly #expected: Map<string, Slot>;
  readonly #lost = new Set<string>();
  readonly #older = new Set<string>();
  readonly #wrong = new Set<string>();
  refused: { readonly at: 'open' | 'load' | 'commit'; readonly code: string } | undefined;

  constructor(past: Past, expected: Map<string, Slot>) {
    this.#past = past;
    this.#expected = expected;
  }

  /** Opens, reads all, and perhaps commits and reads all again, as far as it gets. */
  async life(path: string, commits: boolean): Promise<void> {
    const store = await this.#try('open', () => openSqliteStore({ path, ...OWNER }));
    if (store === undefined) return;
    try {
      await this.#readAll(store);
      if (!commits || this.refused !== undefined) return;
      await this.#commit(store);
      if (this.refused === undefined) await this.#readAll(store);
    } finally {
      await store.close();
    }
  }

  judged(): Judged {
    const isOlder = this.#lost.size + this.#older.size > 0;
    return {
      verdict: this.#verdict(isOlder),
      code: this.refused?.code,
      lost: this.#lost.size,
      older: this.#older.size,
      wrong: [...this.#wrong],
    };
  }

  #verdict(isOlder: boolean): Verdict {
    if (this.#wrong.size > 0) return 'wrong';
    if (this.refused === undefined) return isOlder ? 'silently older' : 'harmless';
    return isOlder ? 'older, then refused' : `refused at ${this.refused.at}`;
  }

  /** In parts, so that one damaged slot does not hide what is made of the others. */
  async #readAll(store: Store): Promise<void> {
    const keys = [...ALL_KEYS, NEW_KEY];
    for (let start = 0; start < keys.length; start += CHUNK_KEYS) {
      const chunk = keys.slice(start, start + CHUNK_KEYS);
      const found = await this.#try('load', () => store.load(chunk));
      if (found !== undefined) for (const key of chunk) this.#compare(key, found.get(key));
    }
  }

  #compare(key: string, slot: Slot | undefined): void {
    const expected = this.#expected.get(key);
    if (slot === undefined) {
      if (expected !== undefined) this.#lost.add(key);
    } else if (expected === undefined || recordOf(key, slot) !== recordOf(key, expected)) {
      (this.#past.knows(key, slot) ? this.#older : this.#wrong).add(key);
    }
  }

  async #commit(store: Store): Promise<void> {
    const slot: Slot = {
      promised: { counter: 1e9, proposer: 'p1-cafe' },
      accepted: { counter: 1e9, proposer: 'p1-cafe' },
      value: new Uint8Array(200),
    };
    const slots = new Map([CHANGED_KEY, NEW_KEY].map(key => [key, slot]));
    await this.#try('commit', () => store.commit(slots));
    if (this.refused === undefined) for (const key of slots.keys()) this.#expected.set(key, slot);
  }

  async #try<Result>(
    at: 'open' | 'load' | 'commit',
    work: () => Promise<Result>,
  ): Promise<Result | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.refused ??= { at, code: error.code };
      return undefined;
    }
  }
}
