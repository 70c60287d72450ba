// Money that is moved between accounts by transactions of several clients beside the others. Whoever reads all accounts at once, then or
// at the end, must find all of it.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, connect, SynodError } from '../../src/index.ts';
import { rotated } from './processes.ts';

/** What came of it. */
export interface Banked {
  readonly moves: number;
  readonly looks: number;
  readonly problems: readonly string[];
}

const CLIENTS = 2;
const ACCOUNTS = ['chaos.account1', 'chaos.account2', 'chaos.account3', 'chaos.account4'];
const OPENING = 100;
const THINK_MS = 50;
/** So many moves, and looks at all accounts, at least, in so long a run: few, for an outage takes seconds from each. */
const EACH_MS = 2000;

export class Bank {
  readonly #problems: string[] = [];
  readonly #works: readonly Promise<void>[];
  readonly #clients: readonly Promise<Client>[];
  #moves = 0;
  #looks = 0;
  #isOver = false;

  constructor(nats: readonly string[]) {
    this.#clients = Array.from({ length: CLIENTS }, (_, i) => connect({ servers: rotated(nats, i) }));
    this.#works = this.#clients.map(client => this.#work(client));
  }

  async end(durationMs: number): Promise<Banked> {
    this.#isOver = true;
    await Promise.all(this.#works);
    const clients = await Promise.all(this.#clients);
    for (const client of clients) await this.#look(client);
    await Promise.all(clients.map(client => client.close()));
    const wanted = Math.floor(durationMs / EACH_MS);
    const done = { moves: this.#moves, looks: this.#looks };
    const tooFew = Object.entries(done)
      .filter(([, times]) => times < wanted)
      .map(([what, times]) => `${times} ${what} by transactions, where ${wanted} are the least`);
    return { ...done, problems: [...this.#problems, ...tooFew] };
  }

  async #work(connecting: Promise<Client>): Promise<void> {
    const client = await connecting;
    for (let i = 0; !this.#isOver; i++) {
      try {
        await (i % 2 === 0 ? this.#move(client) : this.#look(client));
      } catch (error) {
        // Nobody could, or nobody knows whether: all of it is there in either case.
        if (!(error instanceof SynodError)) throw error;
      }
      await sleep(THINK_MS);
    }
  }

  async #move(client: Client): Promise<void> {
    const [from = '', to = ''] = ACCOUNTS.toSorted(() => Math.random() - 0.5);
    await client.transaction(async keys => {
      const [left = OPENING, right = OPENING] = await Promise.all([
        keys.get<number>(from),
        keys.get<number>(to),
      ]);
      keys.set(from, left - 1);
      keys.set(to, right + 1);
    });
    this.#moves += 1;
  }

  async #look(client: Client): Promise<void> {
    const all = await client.transaction(keys => Promise.all(ACCOUNTS.map(key => keys.get<number>(key))));
    const sum = all.reduce<number>((total, balance = OPENING) => total + balance, 0);
    this.#looks += 1;
    if (sum !== OPENING * ACCOUNTS.length)
      this.#problems.push(`the accounts were ${all} at once, ${sum} in all`);
  }
}
