// One that stands by and the home that it watches, over one broker; the clock is a test's.

import test, { type ExecutionContext } from 'ava';
import { HomeWatch, NEAR_MS_MAX, SEEN_MS_MAX } from '../../src/node/home-watch.ts';
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

  constructor(t: ExecutionContext) {
    this.standby = this.watch(t, 's', () => {
      this.gone += 1;
    });
  }

  watch(t: ExecutionContext, incarnation: string, onGone: () => void = () => t.fail('nothing is gone')): HomeWatch {
    const transport = this.broker.transport();
    const isStanding = (): boolean => {
      this.clock.ms += this.awayMs;
      return this.isStanding;
    };
    const watch = new HomeWatch({ incarnation, transport, clock: this.clock, isStanding, onGone });
    t.teardown(() => watch.close());
    return watch;
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

test('HomeWatch sees a home once it has said that it stands in the queue', async t => {
  const scene = new Scene(t);
  scene.watch(t, 'h');
  t.false(scene.standby.sees('h'));
  t.true(await scene.look());
});

test('HomeWatch does not see one that lives and stands in no queue', async t => {
  const scene = new Scene(t);
  scene.watch(t, 'h');
  scene.isStanding = false;
  t.is(await scene.look(), NEVER);
  scene.isStanding = true;
  t.true(await scene.look());
});

test('HomeWatch sees a home no longer that was silent for a while', async t => {
  const scene = new Scene(t);
  scene.watch(t, 'h');
  t.true(await scene.look());
  scene.isStanding = false;
  scene.clock.ms += SEEN_MS_MAX;
  t.true(scene.standby.sees('h'));
  scene.clock.ms += 1;
  t.false(scene.standby.sees('h'));
});

test('HomeWatch does not take a late answer for a new one: what a paused home says first is old', async t => {
  const scene = new Scene(t);
  scene.watch(t, 'h');
  t.true(await scene.look());
  scene.awayMs = SEEN_MS_MAX + 1;
  t.false(await scene.look());
});

test('HomeWatch is told by the server when the home is gone, at once', async t => {
  const scene = new Scene(t);
  const home = scene.watch(t, 'h');
  t.true(await scene.look());
  home.close();
  t.false(await scene.look());
  t.is(scene.gone, 1);
});

test('HomeWatch begins anew with another home', async t => {
  const scene = new Scene(t);
  scene.watch(t, 'h');
  t.true(await scene.look());
  t.false(scene.standby.sees('i'));
  scene.watch(t, 'i');
  t.true(await scene.look('i'));
});

test('HomeWatch does not rely on a home that is far away, until it is near', async t => {
  const scene = new Scene(t);
  scene.watch(t, 'h');
  scene.awayMs = NEAR_MS_MAX + 1;
  for (let i = 0; i < 5; i++) t.is(await scene.look(), NEVER);
  scene.awayMs = 1;
  t.true(await scene.look());
});

test('HomeWatch bears single answers that are late, and not that all are', async t => {
  const scene = new Scene(t);
  scene.watch(t, 'h');
  t.true(await scene.look());
  scene.awayMs = NEAR_MS_MAX + 1;
  let looks = 0;
  while ((await scene.look()) === true) looks += 1;
  t.true(looks > 10 && looks < 100, `${looks}`);
});

test('HomeWatch answers nothing to a subject that is not for answers', async t => {
  const scene = new Scene(t);
  scene.watch(t, 'h');
  const stranger = scene.broker.transport();
  const heard: string[] = [];
  for (const subject of ['synod.variable.delete.k', '_INBOX.synod-ping.stands', '_INBOX.else'])
    stranger.subscribe(subject, message => heard.push(message.subject));
  for (const reply of ['synod.variable.delete.k', '_INBOX.synod-ping.stands', '_INBOX.else', ''])
    stranger.publish('_INBOX.synod-ping.standing.h', new Uint8Array(0), { reply });
  await new Promise(setImmediate);
  t.deepEqual(heard, []);
});
