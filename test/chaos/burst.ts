// An open loop of creates: requests go out at their times whatever becomes of earlier ones, each for a key of its own,
// so that afterwards each acknowledged one can be looked for.

import { setTimeout as sleep } from 'node:timers/promises';
import { Answers } from './answers.ts';
import { LeanNats } from './lean-nats.ts';

const PATIENCE_MS = 5000;
const TICK_MS = 5;
const PAUSE_MS = 20;
const READ_AT_ONCE = 64;

export interface Burst {
  readonly name: string;
  /** Requests a second. */
  readonly rate: number;
  readonly durationMs: number;
}

export class BurstClient {
  readonly #nats: LeanNats;

  constructor(nats: LeanNats) {
    this.#nats = nats;
  }

  static async connect([server = '']: readonly string[]): Promise<BurstClient> {
    return new BurstClient(await LeanNats.connect(server, PATIENCE_MS));
  }

  /** Resolves when the last one was answered or given up. */
  async run({ name, rate, durationMs }: Burst): Promise<Answers> {
    const answers = new Answers();
    const startedMs = performance.now();
    let ended = 0;
    for (;;) {
      const elapsedMs = Math.min(durationMs, performance.now() - startedMs);
      const due = Math.ceil((elapsedMs / 1000) * rate);
      while (answers.length < due) {
        this.#create(keyOf(name, answers.length), answers, () => {
          ended += 1;
        });
      }
      if (elapsedMs >= durationMs) break;
      await sleep(TICK_MS);
    }
    while (ended < answers.length) await sleep(TICK_MS);
    return answers;
  }

  /** Writes the key as its own value. @returns the number of the request among the answers */
  create(key: string, answers: Answers): Promise<number> {
    return new Promise(resolve => this.#create(key, answers, resolve));
  }

  /** Those of the acknowledged that are not there. @param most so many of them are looked for */
  async lost(name: string, answers: Answers, most: number): Promise<readonly string[]> {
    const acknowledged = answers.of('ok');
    const every = Math.max(1, Math.floor(acknowledged.length / most));
    const wanted = acknowledged.filter((_, i) => i % every === 0).map(request => keyOf(name, request));
    const lost: string[] = [];
    for (let i = 0; i < wanted.length; i += READ_AT_ONCE) {
      const keys = wanted.slice(i, i + READ_AT_ONCE);
      const values = await Promise.all(keys.map(key => this.#read(key)));
      lost.push(...keys.filter((key, j) => values[j] !== key));
    }
    return lost;
  }

  close(): void {
    this.#nats.close();
  }

  #create(key: string, answers: Answers, onEnd: (request: number) => void): void {
    const request = answers.begin(performance.now());
    this.#nats.request(`synod.register.write.${key}`, JSON.stringify({ value: key }), outcome => {
      answers.end(request, outcome, performance.now());
      onEnd(request);
    });
  }

  #read(key: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#nats.request(`synod.register.read.${key}`, '', (outcome, body) => {
        if (outcome === 'ok') resolve(JSON.parse(body).value);
        // What is left of the burst may be in the way still: as any client does, later again.
        else if (outcome === 'overloaded' || outcome === 'no_proposer')
          setTimeout(() => this.#read(key).then(resolve, reject), PAUSE_MS);
        else reject(new Error(`Cannot read ${key}: ${outcome}`));
      });
    });
  }
}

export function keyOf(name: string, i: number): string {
  return `burst.${name}.${i}`;
}
