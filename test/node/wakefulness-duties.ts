// What a process that was stopped owes to those whose requests lingered in its socket (R1, limit), as checks that throw.
// The tests run them on the product, and the mutants' test on products that are broken. The clock is a test's.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { BEAT_MS, HELD_UP_MS_MAX, Wakefulness } from '../../src/node/service/wakefulness.ts';
import { TransportError } from '../../src/transport/transport.ts';
import type { Duty } from '../actors/runtime-duties.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';

/** A process whose pings are answered when the duty says so. */
class Scene {
  #nowMs = 1000;
  readonly #pings: { readonly answer: () => void; readonly lose: () => void }[] = [];
  readonly #wakefulness: Wakefulness;

  constructor() {
    const flush = (): Promise<void> =>
      new Promise((resolve, reject) => {
        this.#pings.push({ answer: resolve, lose: () => reject(new TransportError('lost')) });
      });
    const transport = { ...new MemoryBroker().transport(), flush };
    this.#wakefulness = new Wakefulness({ nowMs: () => this.#nowMs }, transport);
  }

  get isBehind(): boolean {
    return this.#wakefulness.isBehind(this.#nowMs);
  }

  get pings(): number {
    return this.#pings.length;
  }

  /** The process does not run for so long. */
  stop(ms: number): void {
    this.#nowMs += ms;
  }

  async beats(): Promise<void> {
    await sleep(3 * BEAT_MS);
  }

  async answer(number: number): Promise<void> {
    this.#pings[number]?.answer();
    await new Promise(setImmediate);
  }

  lose(number: number): void {
    this.#pings[number]?.lose();
  }

  /** Until it has pinged so often, or goes on without. */
  async pinged(times: number): Promise<void> {
    while (this.#pings.length < times && this.isBehind) await sleep(1);
  }

  close(): void {
    this.#wakefulness.close();
  }
}

function duty(title: string, check: (scene: Scene) => Promise<void>): Duty {
  return {
    title: `Wakefulness ${title}`,
    check: async () => {
      const scene = new Scene();
      try {
        await check(scene);
      } finally {
        scene.close();
      }
    },
  };
}

const STOP_MS = HELD_UP_MS_MAX + 1;

export const WAKEFULNESS_DUTIES: readonly Duty[] = [
  duty('is behind after a stop until the server has answered, and not before one', async scene => {
    scene.stop(HELD_UP_MS_MAX);
    assert.equal(scene.isBehind, false);
    await scene.beats();
    scene.stop(STOP_MS);
    assert.equal(scene.isBehind, true);
    // Beats alone say nothing of what is still in the socket.
    await scene.beats();
    assert.equal(scene.isBehind, true);
    await scene.answer(0);
    assert.equal(scene.isBehind, false);
  }),
  duty('sees a stop by the first beat after it, though nothing is read before', async scene => {
    scene.stop(STOP_MS);
    await scene.beats();
    assert.equal(scene.isBehind, true);
  }),
  duty('is behind until the server has answered, though the connection is lost meanwhile', async scene => {
    scene.stop(STOP_MS);
    assert.equal(scene.isBehind, true);
    scene.lose(0);
    await scene.pinged(2);
    assert.equal(scene.isBehind, true);
    await scene.answer(1);
    assert.equal(scene.isBehind, false);
  }),
  ...(['a beat', 'the answer'] as const).map(first =>
    duty(
      `is behind after a second stop until a ping sent after it is answered: ${first} first`,
      async scene => {
        scene.stop(STOP_MS);
        assert.equal(scene.isBehind, true);
        await scene.beats();
        scene.stop(STOP_MS);
        if (first === 'a beat') await scene.beats();
        await scene.answer(0);
        await scene.beats();
        assert.equal(scene.isBehind, true);
        assert.equal(scene.pings, 2);
        await scene.answer(1);
        assert.equal(scene.isBehind, false);
      },
    ),
  ),
];
