// What a proposer that cannot answer clients owes to those who pass requests to it, as checks that throw. The tests run them on
// the product, and the mutants' test on products that are broken.

import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { PassDesk } from '../../src/node/service/pass-desk.ts';
import { PARTITIONS } from '../../src/protocol/partition.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import type { Duty } from '../actors/runtime-duties.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';

const CONFIGURATION: Configuration = { cluster: 'c', epoch: 1, acceptors: ['a'] };
const REQUEST = {
  subject: 'synod.variable.write.k',
  reply: 'inbox',
  bytes: new Uint8Array(0),
  id: undefined,
  trace: undefined,
};

const CLOCK = { nowMs: () => performance.now() };

/** Two proposers, of which one is the home of all keys. Time is real. */
class Scene {
  readonly broker = new MemoryBroker();
  readonly unreachable = new Set<string>();
  /** What each has taken to serve it. */
  readonly served: string[] = [];
  readonly desks = new Map(['p', 'q'].map(name => [name, this.#desk(name)]));

  #desk(incarnation: string): PassDesk {
    const desk = new PassDesk({
      incarnation,
      configuration: () => CONFIGURATION,
      transport: this.broker.transport(),
      clock: CLOCK,
      passesMax: 100,
      homesMax: 1,
      log: () => undefined,
      isReachable: () => !this.unreachable.has(incarnation),
      isFull: () => false,
      onPlaces: () => undefined,
      onPassed: () => this.served.push(incarnation),
      onReturned: () => undefined,
    });
    desk.open();
    return desk;
  }

  /** @returns the home and the one that passes to it, once both know. */
  async settled(): Promise<{ readonly home: string; readonly router: string }> {
    const of = (partitions: number): readonly string[] =>
      [...this.desks].filter(([, desk]) => desk.homeOf === partitions).map(([name]) => name);
    await until(() => of(PARTITIONS).length === 1 && of(0).length === 1);
    return { home: of(PARTITIONS)[0] ?? '', router: of(0)[0] ?? '' };
  }

  close(): void {
    for (const desk of this.desks.values()) {
      desk.leave();
      desk.close();
    }
  }
}

function duty(title: string, check: (scene: Scene) => Promise<void>): Duty {
  return {
    title,
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

async function until(isSo: () => boolean, tries = 1000): Promise<void> {
  for (let i = 0; i < tries && !isSo(); i++) await delay(5);
  assert.ok(isSo());
}

export const PASS_DESK_DUTIES: readonly Duty[] = [
  duty('a home that cannot answer clients takes nothing that is passed to it', async scene => {
    const { home, router } = await scene.settled();
    scene.unreachable.add(home);
    scene.desks.get(router)?.pass('k', REQUEST, false);
    await until(() => scene.served.length > 0);
    assert.deepEqual(scene.served, [router]);
  }),
  duty('a home that cannot answer clients leaves, and is the home again when it can', async scene => {
    const { home, router } = await scene.settled();
    scene.unreachable.add(home);
    await until(() => scene.desks.get(router)?.homeOf === PARTITIONS);
    await delay(200);
    assert.equal(
      scene.desks.get(router)?.homeOf,
      PARTITIONS,
      'nothing that it says meanwhile makes it the home',
    );
    scene.unreachable.delete(home);
    await until(() => scene.desks.get(router)?.homeOf === 0);
    scene.desks.get(router)?.pass('k', REQUEST, false);
    await until(() => scene.served.length > 0);
    assert.deepEqual(scene.served, [home]);
  }),
  duty(
    'a home that clients do not reach is none, whatever it acknowledges, until it was found',
    async scene => {
      const { router, home } = await scene.settled();
      const desk = scene.desks.get(router);
      desk?.lose(home);
      await delay(200);
      assert.equal(desk?.homeOf, PARTITIONS);
      assert.deepEqual(desk?.lost, [home]);
      desk?.find(home);
      await until(() => desk?.homeOf === 0);
      assert.deepEqual(desk?.lost, []);
    },
  ),
];
