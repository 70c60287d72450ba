// The workloads for a key-value store with revisions, as src/bench/workloads.ts has them for Synod: the same keys in
// the same order, the same sizes, one request where one is enough. A store differs in its requests and replies alone.

import { randomSource } from '../../../src/actors/random.ts';
import type { StepPlan } from '../../../src/bench/place.ts';
import type { Sender } from '../../../src/bench/requests.ts';
import type { Session } from '../../../src/bench/workloads.ts';

export interface KeyValue<Request, Reply> {
  /** Only if there is none. */
  create(key: string, value: string): Request;
  /** Only if it is still at that revision. */
  update(key: string, value: string, revision: number): Request;
  read(key: string): Request;
  /** Of a create or an update. `undefined` is silence. */
  writeAnswer(reply: Reply | undefined): Answer;
  readAnswer(reply: Reply | undefined): Answer;
}

export interface Answer {
  /** `ok`, or a word to count by: `conflict`, `unset`, `timeout`, … */
  readonly outcome: string;
  /** With `ok`, of the key. */
  readonly revision: number;
  /** Of a read that is `ok`. */
  readonly value: string;
}

export function failed(outcome: string): Answer {
  return { outcome, revision: 0, value: '' };
}

const FILL_AT_ONCE = 64;

/** The loads of one run of a store, and what they remember of its keys. */
export class KeyValueLoads<Request, Reply> {
  readonly #store: KeyValue<Request, Reply>;
  readonly #sender: Sender<Request, Reply>;
  /** Revisions of the keys that were written before a step. */
  readonly #revisions = new Map<string, number>();
  #acknowledged = 0;

  constructor(store: KeyValue<Request, Reply>, sender: Sender<Request, Reply>) {
    this.#store = store;
    this.#sender = sender;
  }

  /** @throws Error when a key cannot be written. */
  async prepare(plan: StepPlan): Promise<void> {
    const { workload, keys, clients } = plan;
    if (workload === 'contended') {
      this.#acknowledged = 0;
      await this.#write(contendedKey(plan), counterText(plan, 0));
    }
    if (workload === 'read') await this.#fill(plan, readKey, keys);
    if (workload === 'cas') await this.#fill(plan, casKey, Math.max(keys, clients));
  }

  session(plan: StepPlan, client: number): Session<Request, Reply> {
    switch (plan.workload) {
      case 'create':
        return this.#creating(plan, client);
      case 'read':
        return this.#reading(plan, client);
      case 'cas':
        return this.#comparing(plan, client);
      case 'contended':
        return this.#contending(plan);
      default:
        throw new Error(`There is no workload ${plan.workload}`);
    }
  }

  /** Of a contended step, whose value counts: each acknowledged update must have added one. */
  async lostUpdates(plan: StepPlan): Promise<number | null> {
    if (plan.workload !== 'contended') return null;
    const { outcome, value } = this.#store.readAnswer(await this.#ask(this.#store.read(contendedKey(plan))));
    if (outcome !== 'ok') throw new Error(`Cannot read the counter after the load: ${outcome}`);
    return Math.max(0, this.#acknowledged - Number(value));
  }

  async #fill(
    plan: StepPlan,
    keyOf: (plan: StepPlan, index: number) => string,
    count: number,
  ): Promise<void> {
    if (this.#revisions.has(keyOf(plan, count - 1))) return;
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < count) {
        next += 1;
        await this.#write(keyOf(plan, next - 1), textOf(plan));
      }
    };
    await Promise.all(Array.from({ length: FILL_AT_ONCE }, work));
  }

  async #write(key: string, value: string): Promise<void> {
    const { outcome, revision } = this.#store.writeAnswer(await this.#ask(this.#store.create(key, value)));
    if (outcome !== 'ok') throw new Error(`Cannot write the key ${key} that the load needs: ${outcome}`);
    this.#revisions.set(key, revision);
  }

  #ask(request: Request): Promise<Reply | undefined> {
    return new Promise(resolve => this.#sender.send(request, resolve));
  }

  #creating(plan: StepPlan, client: number): Session<Request, Reply> {
    const value = textOf(plan);
    let created = 0;
    return {
      begin: () => {
        created += 1;
        return this.#store.create(keyIn(plan, `w${plan.step}`, `${client}-${created}`), value);
      },
      proceed: reply => this.#store.writeAnswer(reply).outcome,
    };
  }

  #reading(plan: StepPlan, client: number): Session<Request, Reply> {
    const random = randomSource(client + 1);
    return {
      begin: () => this.#store.read(readKey(plan, Math.floor(random() * plan.keys))),
      proceed: reply => this.#store.readAnswer(reply).outcome,
    };
  }

  /** Each client goes round keys of its own and remembers their revisions. */
  #comparing(plan: StepPlan, client: number): Session<Request, Reply> {
    const value = textOf(plan);
    const own = Math.max(1, Math.floor(plan.keys / plan.clients));
    let turn = -1;
    let key = '';
    return {
      begin: () => {
        turn = (turn + 1) % own;
        key = casKey(plan, client + turn * plan.clients);
        return this.#store.update(key, value, this.#revisions.get(key) ?? 0);
      },
      proceed: reply => {
        const { outcome, revision } = this.#store.writeAnswer(reply);
        if (outcome === 'ok') this.#revisions.set(key, revision);
        return outcome;
      },
    };
  }

  #contending(plan: StepPlan): Session<Request, Reply> {
    const key = contendedKey(plan);
    const read = this.#store.read(key);
    let isReading = false;
    return {
      begin: () => {
        isReading = true;
        return read;
      },
      proceed: reply => {
        if (isReading) {
          isReading = false;
          const { outcome, revision, value } = this.#store.readAnswer(reply);
          if (outcome !== 'ok') return outcome;
          return this.#store.update(key, counterText(plan, Number(value) + 1), revision);
        }
        const { outcome } = this.#store.writeAnswer(reply);
        if (outcome === 'ok') this.#acknowledged += 1;
        return outcome;
      },
    };
  }
}

function keyIn({ run }: StepPlan, family: string, key: string | number): string {
  return `bench.${run}.${family}.${key}`;
}

function readKey(plan: StepPlan, index: number): string {
  return keyIn(plan, 'v', index);
}

function casKey(plan: StepPlan, index: number): string {
  return keyIn(plan, `c${plan.step}`, index);
}

function contendedKey(plan: StepPlan): string {
  return keyIn(plan, 'contended', plan.step);
}

function textOf({ valueBytes }: StepPlan): string {
  return 'x'.repeat(valueBytes);
}

function counterText({ valueBytes }: StepPlan, count: number): string {
  return String(count).padStart(valueBytes, '0');
}
