// What one that stands by owes to clients, as checks that throw: it leaves the queue only while the home that it watches stands
// there. The tests run them on the product, and the mutants' test on products that are broken. The clock is a test's.

import assert from 'node:assert/strict';
import { HomeWatch, NEAR_MS_MAX, SEEN_MS_MAX } from '../../src/node/home-watch.ts';
import type { Duty } from '../actors/runtime-duties.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';

const NEVER = 'not seen';

class Scene {
  readonly broker = new MemoryBroker();
  readonly clock = { ms: 1000, nowMs: () => this.clock.ms };
  isStanding = true;
  /** How often the one that stands by was told that the home is gone. */
  gone = 0;
  /** What lies between the two. */
  awayMs = 0;
  readonly standby: HomeWatch;

  constructor() {
    this.standby = this.watch('s', () => {
      this.gone += 1;
    });
  }

  watch(incarnation: string, onGone: () => void = () => assert.fail('nothing is gone')): HomeWatch {
    const transport = this.broker.transport();
    const isStanding = (): boolean => {
      this.clock.ms += this.awayMs;
      return this.isStanding;
    };
    return new HomeWatch({ incarnation, transport, clock: this.clock, isStanding, onGone });
  }

  /** Whether the home is seen, when asked at once and again after its answer. */
  async look(home = 'h'): Promise<boolean | typeof NEVER> {
    this.clock.ms += 25;
    const before = this.standby.sees(home);
    for (let i = 0; i < 5; i++) await Promise.resolve();
    await new Promise(setImmediate);
    const after = this.standby.sees(home);
    return before || after ? after : NEVER;
  }
}

export const WATCH_DUTIES: readonly Duty[] = [
  {
    title: 'HomeWatch sees a home once it has said that it stands in the queue',
    check: async () => {
      const scene = new Scene();
      scene.watch('h');
      assert.equal(scene.standby.sees('h'), false);
      assert.equal(await scene.look(), true);
    },
  },
  {
    title: 'HomeWatch does not see one that lives and stands in no queue',
    check: async () => {
      const scene = new Scene();
      scene.watch('h');
      scene.isStanding = false;
      assert.equal(await scene.look(), NEVER);
      scene.isStanding = true;
      assert.equal(await scene.look(), true);
    },
  },
  {
    title: 'HomeWatch sees a home no longer that was silent for a while',
    check: async () => {
      const scene = new Scene();
      scene.watch('h');
      assert.equal(await scene.look(), true);
      scene.isStanding = false;
      scene.clock.ms += SEEN_MS_MAX;
      assert.equal(scene.standby.sees('h'), true);
      scene.clock.ms += 1;
      assert.equal(scene.standby.sees('h'), false);
    },
  },
  {
    title: 'HomeWatch does not take a late answer for a new one: what a paused home says first is old',
    check: async () => {
      const scene = new Scene();
      scene.watch('h');
      assert.equal(await scene.look(), true);
      scene.awayMs = SEEN_MS_MAX + 1;
      assert.equal(await scene.look(), false);
    },
  },
  {
    title: 'HomeWatch is told by the server when the home is gone, at once',
    check: async () => {
      const scene = new Scene();
      const home = scene.watch('h');
      assert.equal(await scene.look(), true);
      home.close();
      assert.equal(await scene.look(), false);
      assert.equal(scene.gone, 1);
    },
  },
  {
    title: 'HomeWatch begins anew with another home',
    check: async () => {
      const scene = new Scene();
      scene.watch('h');
      assert.equal(await scene.look(), true);
      assert.equal(scene.standby.sees('i'), false);
      scene.watch('i');
      assert.equal(await scene.look('i'), true);
    },
  },
  {
    title: 'HomeWatch does not rely on a home that is far away, until it is near',
    check: async () => {
      const scene = new Scene();
      scene.watch('h');
      scene.awayMs = NEAR_MS_MAX + 1;
      for (let i = 0; i < 5; i++) assert.equal(await scene.look(), NEVER);
      scene.awayMs = 1;
      assert.equal(await scene.look(), true);
    },
  },
  {
    title: 'HomeWatch bears single answers that are late, and not that all are',
    check: async () => {
      const scene = new Scene();
      scene.watch('h');
      assert.equal(await scene.look(), true);
      scene.awayMs = NEAR_MS_MAX + 1;
      let looks = 0;
      while (looks < 100 && (await scene.look()) === true) looks += 1;
      assert.ok(looks > 10 && looks < 100, `${looks}`);
    },
  },
  {
    title: 'HomeWatch answers nothing to a subject that is not for answers',
    check: async () => {
      const scene = new Scene();
      scene.watch('h');
      const stranger = scene.broker.transport();
      const heard: string[] = [];
      for (const subject of ['synod.variable.delete.k', '_INBOX.synod-ping.stands', '_INBOX.else'])
        stranger.subscribe(subject, message => heard.push(message.subject));
      for (const reply of ['synod.variable.delete.k', '_INBOX.synod-ping.stands', '_INBOX.else', ''])
        stranger.publish('_INBOX.synod-ping.standing.h', new Uint8Array(0), { reply });
      await new Promise(setImmediate);
      assert.deepEqual(heard, []);
    },
  },
];
