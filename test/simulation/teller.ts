// A teller: moves money between accounts by transactions, one after another, with the steps of the product's client
// (src/client/transactions/steps.ts). It may be gone after any step, and what it has begun is left to others.

import {
  type Ask,
  clear,
  commit,
  finish,
  look,
  type Steps,
  type Told,
} from '../../src/client/transactions/steps.ts';
import type { SynodCall } from '../../src/history/history.ts';
import type { Held, Next } from '../../src/protocol/transaction-changes.ts';
import type { Client } from './client.ts';
import { type Account, type Ledger, type Posted, UNTOUCHED } from './ledger.ts';
import type { TellersPlan } from './plan.ts';
import type { Ending } from './recorder.ts';
import type { World } from './world.ts';

export interface Patience {
  readonly timeoutMs: number;
  readonly silenceMs: number;
  readonly attemptsMax: number;
  readonly endsForgotten?: boolean;
}

export interface TellerParts {
  readonly name: string;
  readonly ledger: Ledger;
  readonly accounts: readonly string[];
  readonly newClient: (name: string) => Client;
  readonly newId: (client: Client) => string;
  /** Whether to begin anything more. */
  readonly isOver: () => boolean;
}

/** What a transaction is for: accounts are read, or money goes from one to another, with a third one looked at. */
type Purpose = 'look at one' | 'look at all' | 'move' | 'move and look';

const ACCOUNTS: Readonly<Record<Purpose, number>> = {
  'look at one': 1,
  'look at all': Number.POSITIVE_INFINITY,
  move: 2,
  'move and look': 3,
};

const PAUSE_MS = 20;
/** Told to be neither committed nor aborted: what was asked last may still be applied. */
class OutcomeUnknown extends Error {}
class Failed extends Error {}

export class Teller {
  readonly #world: World;
  readonly #parts: TellerParts;
  readonly #plan: TellersPlan;
  /** One for each request that is asked at once with others: a client asks one thing at a time. */
  readonly #clients: Client[] = [];
  #patience: Patience;
  #left: number;
  #number = 0;
  #mayCrash = true;

  constructor(world: World, parts: TellerParts, plan: TellersPlan) {
    this.#world = world;
    this.#parts = parts;
    this.#plan = plan;
    const { timeoutMs, silenceMs, attemptsMax } = world.plan.clients;
    this.#patience = { timeoutMs, silenceMs, attemptsMax };
    this.#left = plan.transactions;
  }

  /** @param onEnd called once, when all is done. */
  start(onEnd: () => void): void {
    if (this.#left === 0 || this.#parts.isOver()) {
      onEnd();
      return;
    }
    this.#left -= 1;
    const { dice, events } = this.#world;
    const purpose = dice.weighted<Purpose>([
      [1, 'look at one'],
      [1, 'look at all'],
      [2, 'move'],
      [2, 'move and look'],
    ]);
    this.#transact(purpose, this.#plan.attemptsMax, () => {
      events.after(dice.between(0, PAUSE_MS), () => this.start(onEnd));
    });
  }

  /** Reads all accounts in one transaction, for as long as that takes; whatever others have left is in its way. */
  close(patience: Patience, onEnd: (accounts: ReadonlyMap<string, Account>) => void): void {
    this.#patience = patience;
    this.#mayCrash = false;
    const { accounts } = this.#parts;
    const move = (): void =>
      this.#transact('move and look', Number.POSITIVE_INFINITY, posted => {
        if (posted.fate === 'committed')
          this.#transact('look at all', Number.POSITIVE_INFINITY, last => onEnd(last.reads));
        else move();
      });
    if (accounts.length > 0) move();
  }

  #transact(purpose: Purpose, attempts: number, onEnd: (posted: Posted) => void): void {
    const { dice, coverage } = this.#world;
    const { ledger, name } = this.#parts;
    this.#number += 1;
    const id = `${name}.${this.#number}`;
    const startedAt = ledger.next();
    const keys = shuffled(this.#parts.accounts, dice.roll);
    const wanted = keys.slice(0, ACCOUNTS[purpose]);
    this.#read(wanted, held => {
      if (held === undefined) {
        this.#again(purpose, attempts, wanted[0] ?? '', onEnd, { id, startedAt });
        return;
      }
      const reads = new Map([...held].map(([key, each]) => [key, accountIn(each)]));
      const isMove = purpose.startsWith('move');
      const writes = isMove ? moved(id, wanted, reads, dice.whole(1, 50)) : new Map<string, Account>();
      const posted: Posted = {
        id,
        startedAt,
        endedAt: Number.POSITIVE_INFINITY,
        fate: 'unknown',
        reads,
        writes,
      };
      ledger.post(posted);
      const nexts = new Map<string, Next>([...writes].map(([key, value]) => [key, { value }]));
      this.#run(commit({ id, reads: held, writes: nexts }), ended => {
        if (ended.kind === 'gone' || (ended.kind === 'thrown' && ended.error instanceof OutcomeUnknown)) {
          if (ended.kind === 'thrown') coverage.count('transaction of unknown outcome');
          onEnd(posted);
          return;
        }
        posted.endedAt = ledger.next();
        if (ended.kind === 'done' && ended.result.kind === 'committed') {
          posted.fate = 'committed';
          coverage.count(isMove ? 'transaction committed' : 'accounts read at once');
          this.#run(finish(id, ended.result.primary, ended.result.others), () => onEnd(posted));
          return;
        }
        posted.fate = 'aborted';
        coverage.count('transaction in conflict');
        const key = ended.kind === 'done' && 'key' in ended.result ? ended.result.key : (wanted[0] ?? '');
        this.#again(purpose, attempts, key, onEnd, { id, startedAt });
      });
    });
  }

  /** Once nothing is in the way, as the client does; at the end its patience. */
  #again(
    purpose: Purpose,
    attempts: number,
    key: string,
    onEnd: (posted: Posted) => void,
    { id, startedAt }: { id: string; startedAt: number },
  ): void {
    const { dice, events } = this.#world;
    if (attempts <= 1 || (this.#mayCrash && this.#parts.isOver())) {
      const endedAt = this.#parts.ledger.next();
      onEnd({ id, startedAt, endedAt, fate: 'aborted', reads: new Map(), writes: new Map() });
      return;
    }
    const makeWay = (times: number, first: string | undefined): void => {
      const overdue = times > this.#plan.patience ? first : undefined;
      this.#run(clear(key, overdue), ended => {
        const inTheWay = ended.kind === 'done' ? ended.result : undefined;
        if (inTheWay === undefined || (first !== undefined && inTheWay !== first))
          this.#transact(purpose, attempts - 1, onEnd);
        else events.after(dice.between(0, PAUSE_MS), () => makeWay(times + 1, inTheWay));
      });
    };
    events.after(dice.between(0, PAUSE_MS), () => makeWay(0, undefined));
  }

  /** One after another, as a program does. @param onEnd undefined: not all could be read. */
  #read(keys: readonly string[], onEnd: (held: ReadonlyMap<string, Held> | undefined) => void): void {
    const all = new Map<string, Held>();
    const next = ([key, ...others]: readonly string[]): void => {
      if (key === undefined) onEnd(all);
      else
        this.#run(look(key), ended => {
          if (ended.kind !== 'done') {
            onEnd(undefined);
            return;
          }
          all.set(key, ended.result);
          next(others);
        });
    };
    next(keys);
  }

  /** Runs steps to their end, unless the teller is gone after one of them; another one goes on under its name. */
  #run<Result>(steps: Steps<Result>, onEnd: (ended: Ran<Result>) => void): void {
    const advance = (told: readonly Told[]): void => {
      let step: IteratorResult<readonly Ask[], Result>;
      try {
        step = steps.next(told);
      } catch (error) {
        if (!(error instanceof OutcomeUnknown || error instanceof Failed)) throw error;
        onEnd({ kind: 'thrown', error });
        return;
      }
      if (step.done === true) {
        onEnd({ kind: 'done', result: step.value });
        return;
      }
      const isLast = this.#mayCrash && this.#world.dice.chance(this.#plan.crashes);
      this.#askAll(step.value, isLast ? () => undefined : advance);
      if (!isLast) return;
      this.#world.coverage.count('teller gone in the midst');
      // What it asked may still be under way: another one has clients of its own.
      this.#clients.length = 0;
      onEnd({ kind: 'gone' });
    };
    advance([]);
  }

  #count({ change, args: [id, isCommitted] }: Ask): void {
    const { coverage } = this.#world;
    const isOthers = typeof id === 'string' && !id.startsWith(`${this.#parts.name}.`);
    if (change === 'transaction.fence') coverage.count('transaction fenced');
    if (change === 'transaction.finish' && isOthers && isCommitted === true)
      coverage.count('committed transaction finished by another');
  }

  #askAll(asks: readonly Ask[], onTold: (told: readonly Told[]) => void): void {
    const told: Told[] = [];
    let left = asks.length;
    for (const [i, ask] of asks.entries()) {
      this.#clients[i] ??= this.#parts.newClient(`${this.#parts.name}-${this.#world.dice.below(1e9)}`);
      const client = this.#clients[i];
      const { key } = ask;
      const task = { key, call: callOf(ask), id: this.#parts.newId(client), ...this.#patience };
      client.perform(task, ending => {
        if (ending.kind === 'ok') this.#count(ask);
        told[i] = toldOf(ask, ending);
        left -= 1;
        if (left === 0) onTold(told);
      });
    }
  }
}

type Ran<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'thrown'; readonly error: unknown }
  | { readonly kind: 'gone' };

function moved(
  id: string,
  [from = '', to = '']: readonly string[],
  reads: ReadonlyMap<string, Account>,
  amount: number,
): ReadonlyMap<string, Account> {
  const account = (key: string, more: number): Account => {
    return { balance: (reads.get(key) ?? UNTOUCHED).balance + more, by: id };
  };
  return new Map([
    [from, account(from, -amount)],
    [to, account(to, amount)],
  ]);
}

function accountIn({ value }: Held): Account {
  return value === undefined ? UNTOUCHED : (value as Account);
}

function callOf({ change, args }: Ask): SynodCall {
  return change === undefined
    ? { operation: 'variable.read' }
    : { operation: 'variable.change', change, args: [...args] };
}

function toldOf({ change }: Ask, ending: Ending): Told {
  switch (ending.kind) {
    case 'ok':
      return { kind: 'done', state: ending.view };
    case 'refused':
      return { kind: 'rejected', state: ending.view };
    case 'failed':
      return { kind: 'failed', error: new Failed(ending.code) };
    case 'unknown':
      // Nothing is unknown after a read that came to nothing.
      return change === undefined
        ? { kind: 'failed', error: new Failed(ending.why) }
        : { kind: 'unknown', error: new OutcomeUnknown(ending.why) };
  }
}

function shuffled(keys: readonly string[], random: () => number): string[] {
  return keys
    .map(key => ({ key, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ key }) => key);
}
