// What a proposer owes to those who can vote while others cannot, as checks that throw: who does not take what it is sent is
// sent no more. The tests run them on the product, and the mutants' test on products that are broken. The clock is a test's.

import assert from 'node:assert/strict';
import { AcceptorWatch, BEHIND_BYTES_MIN, SILENT_MS_MIN } from '../../src/node/engine/acceptor-watch.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import type { Duty } from '../actors/runtime-duties.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';

const CONFIGURATION: Configuration = { cluster: 'c', epoch: 1, acceptors: ['a1', 'a2', 'a3'] };
const ALL = CONFIGURATION.acceptors;
const ASK_MS = 50;

function statusOf(status: string): Uint8Array {
  return Buffer.from(JSON.stringify({ id: 'a', status, heard: [] }));
}

class Scene {
  readonly broker = new MemoryBroker();
  readonly clock = { ms: 1000, nowMs: () => this.clock.ms };
  readonly silent = new Set<string>();
  readonly quarantined = new Set<string>();
  /** The questions that a silent one has not answered. */
  readonly asked: string[] = [];
  readonly events: string[] = [];
  readonly #members = new Map(ALL.map(id => [id, this.#member(id)]));
  readonly #watch = new AcceptorWatch({
    incarnation: 'p',
    cluster: CONFIGURATION.cluster,
    transport: this.broker.transport(),
    clock: this.clock,
    log: (event, fields) => this.events.push(`${event} ${fields?.acceptor} of ${fields?.cluster}`),
  });

  /** Who is reached some ms later; what was asked then is answered, and so much sent. */
  async after(ms: number, configuration = CONFIGURATION, bytes = 0): Promise<readonly string[]> {
    this.clock.ms += ms;
    const reached = this.#watch.reached(configuration);
    this.#watch.sent(bytes);
    await new Promise(setImmediate);
    return reached;
  }

  /** Who is reached after so many ms in which something was sent again and again. */
  async busyFor(ms: number): Promise<readonly string[]> {
    for (let i = 0; i < ms / ASK_MS; i++) await this.after(ASK_MS);
    return this.after(0);
  }

  async answer(number: number): Promise<void> {
    this.broker.transport().publish(this.asked[number] ?? '', statusOf('voting'));
    await new Promise(setImmediate);
  }

  async leave(id: string): Promise<void> {
    await this.#members.get(id)?.close();
  }

  #member(id: string): ReturnType<MemoryBroker['transport']> {
    const transport = this.broker.transport();
    transport.subscribe(`synod-internal.c.ping.${id}`, ({ reply }) => {
      if (this.silent.has(id)) this.asked.push(reply);
      else transport.publish(reply, statusOf(this.quarantined.has(id) ? 'quarantined' : 'voting'));
    });
    return transport;
  }
}

export const REACH_DUTIES: readonly Duty[] = [
  {
    title: 'AcceptorWatch reaches all while all answer, however seldom they are asked',
    check: async () => {
      const scene = new Scene();
      assert.deepEqual(await scene.busyFor(2 * SILENT_MS_MIN), ALL);
      for (let i = 0; i < 5; i++) assert.deepEqual(await scene.after(2 * SILENT_MS_MIN), ALL);
      assert.deepEqual(scene.events, []);
    },
  },
  {
    title: 'AcceptorWatch leaves out who does not answer, once, and only that one',
    check: async () => {
      const scene = new Scene();
      scene.silent.add('a2');
      assert.deepEqual(await scene.busyFor(SILENT_MS_MIN), ALL);
      assert.deepEqual(await scene.busyFor(2 * ASK_MS), ['a1', 'a3']);
      assert.deepEqual(await scene.busyFor(1000), ['a1', 'a3']);
      assert.deepEqual(scene.events, ['acceptor_silent a2 of c']);
    },
  },
  {
    title: 'AcceptorWatch takes one back when it has answered what was asked lately, not what was long ago',
    check: async () => {
      const scene = new Scene();
      await scene.busyFor(SILENT_MS_MIN);
      scene.silent.add('a2');
      await scene.busyFor(4 * SILENT_MS_MIN);
      await scene.answer(0);
      assert.deepEqual(await scene.after(1), ['a1', 'a3']);
      await scene.answer(scene.asked.length - 2);
      assert.deepEqual(await scene.after(1), ALL);
      assert.deepEqual(await scene.busyFor(2 * SILENT_MS_MIN), ['a1', 'a3']);
      scene.silent.clear();
      await scene.busyFor(ASK_MS);
      assert.deepEqual(await scene.busyFor(2 * SILENT_MS_MIN), ALL);
      assert.deepEqual(scene.events, [
        'acceptor_silent a2 of c',
        'acceptor_heard_again a2 of c',
        'acceptor_silent a2 of c',
        'acceptor_heard_again a2 of c',
      ]);
    },
  },
  {
    title: 'AcceptorWatch knows nothing against anybody after a rest',
    check: async () => {
      const scene = new Scene();
      scene.silent.add('a2');
      await scene.busyFor(2 * SILENT_MS_MIN);
      assert.deepEqual(await scene.after(60_000), ALL);
      assert.deepEqual(scene.events, ['acceptor_silent a2 of c'], 'it was not heard');
    },
  },
  {
    title:
      'AcceptorWatch leaves out nobody without whom the others are no quorum, of both sets in a joint configuration',
    check: async () => {
      const scene = new Scene();
      scene.silent.add('a2');
      await scene.busyFor(2 * SILENT_MS_MIN);
      const joint = { before: ['a1', 'a3'], after: ['a2', 'a3'] };
      assert.deepEqual(await scene.after(1, { ...CONFIGURATION, joint }), ALL);
      assert.deepEqual(await scene.after(1, { ...CONFIGURATION, acceptors: ['a2', 'a3'] }), ['a2', 'a3']);
    },
  },
  {
    title: 'AcceptorWatch leaves out nobody when all are late: it may be this process that was held up',
    check: async () => {
      const scene = new Scene();
      await scene.busyFor(SILENT_MS_MIN);
      for (const id of ALL) scene.silent.add(id);
      await scene.after(ASK_MS);
      assert.deepEqual(await scene.after(2 * SILENT_MS_MIN), ALL);
      assert.deepEqual(await scene.busyFor(4 * SILENT_MS_MIN), ALL);
    },
  },
  {
    title:
      'AcceptorWatch leaves out the silent alone where the others have not yet taken all that they were sent',
    check: async () => {
      const scene = new Scene();
      await scene.busyFor(SILENT_MS_MIN);
      scene.silent.add('a2');
      await scene.busyFor(2 * SILENT_MS_MIN);
      for (const id of ['a1', 'a3']) scene.silent.add(id);
      await scene.after(ASK_MS, CONFIGURATION, BEHIND_BYTES_MIN + 1);
      assert.deepEqual(await scene.after(30), ['a1', 'a3']);
    },
  },
  {
    title:
      'AcceptorWatch reaches one that is far away, and does not count on who is not there or does not vote',
    check: async () => {
      for (const fails of ['leaves', 'is quarantined']) {
        const scene = new Scene();
        await scene.busyFor(SILENT_MS_MIN);
        if (fails === 'leaves') await scene.leave('a3');
        else scene.quarantined.add('a3');
        await scene.busyFor(SILENT_MS_MIN);
        scene.silent.add('a1');
        for (let i = 0; i < 20; i++) assert.deepEqual(await scene.after(ASK_MS), ALL, fails);
      }
      const scene = new Scene();
      scene.silent.add('a1');
      for (let i = 0; i < 40; i++) {
        const reached = await scene.after(ASK_MS);
        // Its first answer shows how far away it is.
        if (i > 9) assert.deepEqual(reached, ALL);
        if (i >= 8) await scene.answer(i - 8);
      }
    },
  },
  {
    title: 'AcceptorWatch leaves out sooner who was sent much and has not answered, and lets a burst pass',
    check: async () => {
      const scene = new Scene();
      scene.silent.add('a2');
      await scene.after(0, CONFIGURATION, BEHIND_BYTES_MIN + 1);
      assert.deepEqual(await scene.after(1), ALL);
      assert.deepEqual(await scene.after(20), ['a1', 'a3']);
      scene.silent.clear();
      for (let i = 0; i < 10; i++)
        assert.deepEqual(await scene.after(i === 0 ? 1000 : ASK_MS, CONFIGURATION, BEHIND_BYTES_MIN), ALL);
    },
  },
  {
    title:
      'AcceptorWatch leaves out nobody as long as no quorum ever answered: it may be that nobody is allowed to',
    check: async () => {
      const scene = new Scene();
      for (const id of ALL) scene.silent.add(id);
      assert.deepEqual(await scene.busyFor(10 * SILENT_MS_MIN), ALL);
      scene.silent.delete('a1');
      assert.deepEqual(await scene.busyFor(2 * SILENT_MS_MIN), ALL);
      scene.silent.delete('a3');
      assert.deepEqual(await scene.busyFor(2 * SILENT_MS_MIN), ['a1', 'a3']);
    },
  },
  {
    title: 'AcceptorWatch does not wait for who is not there: nothing is kept for it',
    check: async () => {
      const scene = new Scene();
      await scene.busyFor(SILENT_MS_MIN);
      await scene.leave('a2');
      assert.deepEqual(await scene.busyFor(3 * SILENT_MS_MIN), ALL);
    },
  },
];
