// Changes of the members of a group as a fault: one after another, each brought to its end whatever else happens meanwhile.

import { setTimeout as sleep } from 'node:timers/promises';
import { groupConfig } from '../../src/node/config/config.ts';
import { connectOperator, type Operator } from '../../src/node/operator/operator.ts';
import { OperatorError } from '../../src/node/operator/operator-steps.ts';

const PAUSE_MS = 100;
const PATIENCE_MS = 120_000;

export class Membership {
  readonly #nats: () => readonly string[];
  readonly #group: string;
  #operator: Operator | undefined;
  /** Settles when the last change that was begun is over. */
  #last: Promise<void> = Promise.resolve();

  constructor(nats: () => readonly string[], group: string) {
    this.#nats = nats;
    this.#group = group;
  }

  /** After those before. @returns the end of it. */
  change(add: readonly string[], remove: readonly string[]): Promise<void> {
    this.#last = this.#last.then(() => this.#change(add, remove));
    return this.#last;
  }

  async close(): Promise<void> {
    await this.#operator?.close();
  }

  async #change(add: readonly string[], remove: readonly string[]): Promise<void> {
    this.#operator ??= await connectOperator(
      groupConfig({ nats: this.#nats().join(','), group: this.#group }, {}),
    );
    const operator = this.#operator;
    for (const untilMs = performance.now() + PATIENCE_MS; ; await sleep(PAUSE_MS)) {
      try {
        const { members, joint } = await operator.status();
        if (joint !== null) await operator.finish(() => undefined);
        else if (add.every(id => id in members) && !remove.some(id => id in members)) return;
        else {
          const stores = await Promise.all(add.map(async id => [id, await operator.storeOf(id)] as const));
          await operator.begin(Object.fromEntries(stores), remove);
        }
      } catch (error) {
        if (!(error instanceof OperatorError) || performance.now() > untilMs) throw error;
      }
    }
  }
}
