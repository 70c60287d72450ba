// What one that stands by owes to clients, as checks that throw: it leaves the queue only while the home that it watches stands
// there. The tests run them on the product, and the mutants' test on products that are broken. The clock is a test's.

import assert from 'node:assert/strict';
import { HomeWatch, NEAR_MS_MAX } from '../../src/node/service/home-watch.ts';
import type { Transport } from '../../src/transport/transport.ts';
import type { Duty } from '../actors/runtime-duties.ts';
import { CutTransport } from '../transport/cut-transport.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';

const PATIENCE_MS = 40;

class Scene {
  readonly broker = new MemoryBroker();
  readonly clock = { ms: 1000, nowMs: () => this.clock.ms };
  isStanding = true;
  /** Homes that the one that stands by lost. */
  readonly lost: string[] = [];
  /** Those of them that it found again. */
  readonly found: string[] = [];
  /** What lies between the two. */
  awayMs = 0;
  readonly standby = this.watch('s');

  watch(incarnation: string, transport: Transport = this.broker.transport()): HomeWatch {
    return new HomeWatch({
      incarnation,
      transport,
      clock: this.clock,
      isStanding: () => {
        this.clock.ms += this.awayMs;
        return this.isStanding;
      },
      patienceMs: () => PATIENCE_MS,
      onAnswer: () => undefined,
      onLost: home => this.lost.push(home),
      onFound: home => this.found.push(home),
    });
  }

  /** Some ms later: whether the home is seen, once what it was asked then is answered. */
  async look(home = 'h'): Promise<boolean> {
    this.clock.ms += 25;
    this.standby.sees(home);
    await new Promise(setImmediate);
    return this.standby.sees(home);
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
    title: 'HomeWatch does not see one that lives and stands in no queue, nor loses it',
    check: async () => {
      const scene = new Scene();
      scene.watch('h');
      scene.isStanding = false;
      assert.equal(await scene.look(), false);
      scene.isStanding = true;
      assert.equal(await scene.look(), true);
      scene.isStanding = false;
      for (let i = 0; i < 10; i++) assert.equal(await scene.look(), false);
      assert.deepEqual(scene.lost, []);
    },
  },
  {
    title:
      'HomeWatch loses a home that does not answer in time, and does not take late answers for new ones: it was paused',
    check: async () => {
      const scene = new Scene();
      const home = scene.broker.transport();
      const asked: string[] = [];
      home.subscribe('_INBOX.synod-ping.standing.h', ({ reply }) => asked.push(reply));
      const sees = async (afterMs: number): Promise<boolean> => {
        scene.clock.ms += afterMs;
        const isSeen = scene.standby.sees('h');
        await new Promise(setImmediate);
        return isSeen;
      };
      const answer = async (number: number): Promise<void> => {
        home.publish(asked[number] ?? '', new Uint8Array(0));
        await new Promise(setImmediate);
      };
      await sees(25);
      await answer(0);
      assert.equal(await sees(25), true);
      assert.equal(await sees(PATIENCE_MS), true);
      assert.equal(await sees(1), false);
      assert.deepEqual(scene.lost, ['h']);
      await answer(1);
      assert.equal(await sees(25), false);
      assert.equal(await sees(PATIENCE_MS + 1), false);
      assert.deepEqual(scene.lost, ['h'], 'it was not seen again');
      await sees(25);
      await answer(asked.length - 1);
      assert.equal(await sees(0), true);
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
      assert.deepEqual(scene.lost, ['h']);
      for (let i = 0; i < 5; i++) assert.equal(await scene.look(), false);
      assert.deepEqual(scene.lost, ['h'], 'once');
    },
  },
  {
    title: 'HomeWatch finds a home again that it lost, by an answer to what it was asked since',
    check: async () => {
      const scene = new Scene();
      const home = scene.broker.transport();
      const asked: string[] = [];
      home.subscribe('_INBOX.synod-ping.standing.h', ({ reply }) => asked.push(reply));
      const ask = async (afterMs: number): Promise<void> => {
        scene.clock.ms += afterMs;
        scene.standby.askLost(['h']);
        await new Promise(setImmediate);
      };
      const answer = async (reply: string | undefined): Promise<void> => {
        home.publish(reply ?? '', Buffer.from('-'));
        await new Promise(setImmediate);
      };
      scene.standby.sees('h');
      await ask(25);
      await answer(asked[0]);
      assert.deepEqual(scene.found, [], 'asked before it was lost');
      for (let i = 0; i < 3; i++) await ask(25);
      assert.equal(asked.length, 2, 'seldom');
      await ask(100);
      assert.equal(asked.length, 3);
      await answer(asked[1]);
      assert.deepEqual(scene.found, ['h']);
    },
  },
  {
    title: 'HomeWatch finds no home that the server says is gone, nor one that is lost to nobody',
    check: async () => {
      const scene = new Scene();
      scene.standby.askLost(['h']);
      await new Promise(setImmediate);
      const home = scene.broker.transport();
      const asked: string[] = [];
      home.subscribe('_INBOX.synod-ping.standing.h', ({ reply }) => asked.push(reply));
      scene.clock.ms += 100;
      scene.standby.askLost(['h']);
      scene.standby.askLost([]);
      await new Promise(setImmediate);
      home.publish(asked[0] ?? '', new Uint8Array(0));
      await new Promise(setImmediate);
      assert.deepEqual(scene.found, []);
    },
  },
  {
    title: 'HomeWatch loses no home while this one is not connected',
    check: async () => {
      const scene = new Scene();
      const transport = new CutTransport(scene.broker.transport());
      scene.watch('h');
      const standby = scene.watch('s2', transport);
      const sees = async (afterMs: number): Promise<boolean> => {
        scene.clock.ms += afterMs;
        const isSeen = standby.sees('h');
        await new Promise(setImmediate);
        return isSeen;
      };
      await sees(25);
      assert.equal(await sees(25), true);
      transport.cut();
      for (let i = 0; i < 10; i++) assert.equal(await sees(25), false);
      assert.deepEqual(scene.lost, []);
      transport.heal();
      await sees(25);
      assert.equal(await sees(25), true);
      assert.deepEqual(scene.lost, []);
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
      for (let i = 0; i < 5; i++) assert.equal(await scene.look(), false);
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
