// An open loop of creates: requests go out at their times whatever becomes of earlier ones, each for a key of its own,
// so that afterwards each acknowledged one can be looked for.

import { setTimeout as sleep } from 'node:timers/promises';
import { Answers } from './answers.ts';
import { type Asker, LeanNats } from './lean-nats.ts';

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

  /** Why connections were lost, in words. */
  get losses(): readonly string[] {
    return this.#nats.losses;
  }

  /** Resolves when the last one was answered or given up. */
  async run({ name, rate, durationMs }: Burst): Promise<Answers> {
    const answers = new Answers();
    let ended = 0;
    const asker: Asker = {
      onEnd: (request, outcome, _body, nowMs) => {
        answers.end(request, outcome, nowMs);
        ended += 1;
      },
    };
    const startedMs = performance.now();
    for (;;) {
      const nowMs = performance.now();
      const elapsedMs = Math.min(durationMs, nowMs - startedMs);
      const due = Math.ceil((elapsedMs / 1000) * rate);
      while (answers.length < due) this.#create(keyOf(name, answers.length), answers, asker, nowMs);
      if (elapsedMs >= durationMs) break;
      await sleep(TICK_MS);
    }
    while (ended < answers.length) await sleep(TICK_MS);
    return answers;
  }

  /** Writes the key as its own value. @returns the number of the request among the answers */
  create(key: string, answers: Answers): Promise<number> {
    return new Promise(resolve => {
      const onEnd = (request: number, outcome: string, _body: Buffer, nowMs: number): void => {
        answers.end(request, outcome, nowMs);
        resolve(request);
      };
      this.#create(key, answers, { onEnd }, performance.now());
    });
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

  #create(key: string, answers: Answers, asker: Asker, nowMs: number): void {
    const request = answers.begin(nowMs);
    this.#nats.request(`synod.register.write.${key}`, `{"value":"${key}"}`, asker, request, nowMs);
  }

  #read(key: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const onEnd = (_request: number, outcome: string, body: Buffer): void => {
        if (outcome === 'ok') resolve(JSON.parse(body.toString()).value);
        // What is left of the burst may be in the way still: as any client does, later again.
        else if (outcome === 'overloaded' || outcome === 'no_proposer' || outcome === 'connection lost')
          setTimeout(() => this.#read(key).then(resolve, reject), PAUSE_MS);
        else reject(new Error(`Cannot read ${key}: ${outcome}`));
      };
      this.#nats.request(`synod.register.read.${key}`, '', { onEnd }, 0, performance.now());
    });
  }
}

export function keyOf(name: string, i: number): string {
  return `burst.${name}.${i}`;
}
