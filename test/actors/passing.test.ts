import test from 'ava';
import { PATIENCE, PRESENCE } from '../../src/actors/homes.ts';
import { type Bundle, Passing } from '../../src/actors/passing.ts';
import { ALL } from '../../src/transport/envelope-codec.ts';
import type { Note, RawRequest } from '../../src/transport/pass-codec.ts';

const KEYS = Array.from({ length: 40 }, (_, i) => `orders.${i}`);
const START_MS = 1000;

const raw = (reply: string, size = 2): RawRequest => {
  return {
    subject: 'synod.variable.read.k',
    reply,
    id: undefined,
    bytes: new Uint8Array(size),
    trace: undefined,
  };
};

/** Delivers everything that they have for each other, until they have nothing more. */
function exchange(nowMs: number, ...nodes: readonly (readonly [string, Passing])[]) {
  const heard: Note[] = [];
  for (let isBusy = true; isBusy; ) {
    isBusy = false;
    for (const [sender, passing] of nodes) {
      for (const { recipient, notes } of passing.takeOutbox()) {
        isBusy = true;
        heard.push(...notes);
        for (const [name, other] of nodes) {
          if (recipient === ALL || recipient === name) other.receive(sender, notes, nowMs);
        }
      }
    }
  }
  return heard;
}

/** Two that trust each other, and a key whose home is 'h'. */
function pair(passesMax = 100) {
  const router = new Passing({ incarnation: 'r', passesMax, homesMax: 10 });
  const home = new Passing({ incarnation: 'h', passesMax, homesMax: 10 });
  router.announce();
  home.announce();
  exchange(START_MS, ['r', router], ['h', home]);
  const keys = KEYS.filter(key => {
    const isPassed = router.pass(key, raw('probe'), START_MS);
    exchange(START_MS, ['r', router], ['h', home]);
    return isPassed;
  });
  const [key = ''] = keys;
  return { router, home, key, keys };
}

function sentTo(name: string, bundles: readonly Bundle[]): readonly Note[] {
  return bundles.flatMap(({ recipient, notes }) => (recipient === name ? notes : []));
}

test('pass() serves everything here, while no other proposer is known', t => {
  const alone = new Passing({ incarnation: 'r', passesMax: 100, homesMax: 10 });
  alone.announce();
  t.false(KEYS.some(key => alone.pass(key, raw('1'), START_MS)));
  t.deepEqual(
    alone.takeOutbox().map(({ notes }) => notes.map(({ kind }) => kind)),
    [['present']],
  );
});

test('pass() passes a share of the keys on, once a probe was acknowledged', t => {
  const { keys } = pair();
  t.true(keys.length > 5 && keys.length < 35, `${keys.length} of ${KEYS.length}`);
});

test('pass() numbers the passes upwards, and one message takes all of a turn', t => {
  const { router, keys } = pair();
  for (const key of keys) router.pass(key, raw(key), START_MS);
  const numbers = sentTo('h', router.takeOutbox()).map(note => (note.kind === 'pass' ? note.number : 0));
  t.is(numbers.length, keys.length);
  t.deepEqual(
    numbers,
    numbers.toSorted((a, b) => a - b),
  );
  t.is(new Set(numbers).size, numbers.length);
});

test('pass() serves here what is past the bound, or too large to be passed', t => {
  const { router, key } = pair(2);
  t.false(router.pass(key, raw('1', 300_000), START_MS));
  t.false(router.pass(key, { ...raw('1'), id: 'x'.repeat(1000) }, START_MS));
  t.true(router.pass(key, raw('1'), START_MS));
  t.true(router.pass(key, raw('2'), START_MS));
  t.false(router.pass(key, raw('3'), START_MS));
});

test('passRead() passes a read on only where a write of its key went lately', t => {
  const { router, home, key } = pair();
  const after = START_MS + 1;
  t.false(router.passRead(key, raw('1'), after));
  t.true(router.passWrite(key, raw('2'), after));
  t.true(router.passRead(key, raw('3'), after + 100));
  t.false(router.passRead(key, raw('4'), after + 101));
  home.announce(true);
  exchange(after, ['r', router], ['h', home]);
  t.true(router.passWrite(key, raw('5'), after));
  t.false(router.passRead(key, raw('6'), after), 'A home that is full would turn it away');
});

test('receive() takes passes, to be served under their marks, and acknowledges them at once', t => {
  const { router, home, key } = pair();
  router.pass(key, raw('1'), START_MS);
  router.pass(key, raw('2'), START_MS);
  const notes = sentTo('h', router.takeOutbox());
  const { passed } = home.receive('r', notes, 5000);
  t.deepEqual(
    passed.map(({ request, pass, sinceMs }) => [request.reply, pass.router, sinceMs]),
    [
      ['1', 'r', 5000],
      ['2', 'r', 5000],
    ],
  );
  router.receive('h', sentTo('r', home.takeOutbox()), START_MS);
  t.is(router.waiting, 0);
});

test('receive() takes nothing a second time, and acknowledges it no second time either', t => {
  const { router, home, key } = pair();
  router.pass(key, raw('1'), START_MS);
  const notes = sentTo('h', router.takeOutbox());
  home.receive('r', notes, START_MS);
  home.takeOutbox();
  t.deepEqual(home.receive('r', notes, START_MS).passed, []);
  t.deepEqual(home.takeOutbox(), []);
});

test('receive() takes no pass that a later one of its router overtook', t => {
  const { router, home, key } = pair();
  router.pass(key, raw('1'), START_MS);
  const first = sentTo('h', router.takeOutbox());
  router.pass(key, raw('2'), START_MS);
  home.receive('r', sentTo('h', router.takeOutbox()), START_MS);
  t.deepEqual(home.receive('r', first, START_MS).passed, []);
});

test('tick() takes over what was not acknowledged in time, in order, and passes there nothing more', t => {
  const { router, key } = pair();
  router.pass(key, raw('1'), START_MS);
  router.pass(key, raw('2'), START_MS + 10);
  const sent = sentTo('h', router.takeOutbox());
  t.deepEqual(router.tick(START_MS + PATIENCE.minMs - 1), []);
  const overdue = router.tick(START_MS + PATIENCE.minMs);
  t.deepEqual(
    overdue.map(({ request, sinceMs }) => [request.reply, sinceMs]),
    [
      ['1', START_MS],
      ['2', START_MS + 10],
    ],
  );
  t.deepEqual(
    overdue.map(({ pass }) => pass.number),
    sent.map(note => (note.kind === 'pass' ? note.number : 0)),
  );
  t.is(router.waiting, 0);
  t.false(router.pass(key, raw('3'), START_MS + 50));
});

test('a home in doubt is probed when it is heard, and trusted when it acknowledges the probe', t => {
  const { router, home, key } = pair();
  router.pass(key, raw('1'), START_MS);
  router.takeOutbox();
  router.tick(START_MS + PATIENCE.minMs);
  home.announce();
  router.receive('h', sentTo(ALL, home.takeOutbox()), START_MS + 100);
  t.false(router.pass(key, raw('2'), START_MS + 100));
  const probes = sentTo('h', router.takeOutbox());
  t.deepEqual(
    probes.map(({ kind }) => kind),
    ['probe'],
  );
  home.receive('r', probes, START_MS + 100);
  router.receive('h', sentTo('r', home.takeOutbox()), START_MS + 100);
  t.true(router.pass(key, raw('3'), START_MS + 100));
});

test('a late acknowledgement of what was taken over ends no doubt', t => {
  const { router, home, key } = pair();
  router.pass(key, raw('1'), START_MS);
  const sent = sentTo('h', router.takeOutbox());
  router.tick(START_MS + PATIENCE.minMs);
  home.receive('r', sent, START_MS + 60);
  router.receive('h', sentTo('r', home.takeOutbox()), START_MS + 60);
  t.false(router.pass(key, raw('2'), START_MS + 60));
});

test('nothing is passed to one that says goodbye, or is not heard of any more', t => {
  const leaving = pair();
  leaving.home.leave();
  exchange(START_MS, ['h', leaving.home], ['r', leaving.router]);
  t.false(leaving.router.pass(leaving.key, raw('1'), START_MS));
  const silent = pair();
  silent.router.tick(START_MS + PRESENCE.minMs + 1);
  t.false(silent.router.pass(silent.key, raw('1'), START_MS + PRESENCE.minMs + 1));
});

test('what a home gives back is told by the router, unless the router took it over (R3)', t => {
  const told = { bytes: new Uint8Array(1) };
  const { router, home, key } = pair();
  router.pass(key, raw('1'), START_MS);
  const [first] = home.receive('r', sentTo('h', router.takeOutbox()), START_MS).passed;
  if (first === undefined) throw new Error('nothing was passed');
  home.giveBack(first.pass, '1', told);
  const returned = sentTo('r', home.takeOutbox());
  t.like(router.receive('h', returned, START_MS).returned[0], { reply: '1', told });
  router.pass(key, raw('2'), START_MS);
  const [second] = home.receive('r', sentTo('h', router.takeOutbox()), START_MS).passed;
  if (second === undefined) throw new Error('nothing was passed');
  t.is(router.tick(START_MS + PATIENCE.minMs).length, 1);
  home.takeOutbox();
  home.giveBack(second.pass, '2', told);
  t.deepEqual(router.receive('h', sentTo('r', home.takeOutbox()), START_MS).returned, []);
});

test('a router tells what is given back and takes it over no more, also before the acknowledgement comes (R3)', t => {
  const { router, home, key } = pair();
  router.pass(key, raw('1'), START_MS);
  const [passed] = home.receive('r', sentTo('h', router.takeOutbox()), START_MS).passed;
  if (passed === undefined) throw new Error('nothing was passed');
  home.takeOutbox();
  home.giveBack(passed.pass, '1', { bytes: new Uint8Array(1) });
  t.is(router.receive('h', sentTo('r', home.takeOutbox()), START_MS).returned.length, 1);
  t.deepEqual(router.tick(START_MS + PATIENCE.minMs), []);
});

test('a router whose clock is behind gives numbers above those of the others', t => {
  const { router, home, key } = pair();
  router.receive('h', [{ kind: 'present', number: 9_000_000 }], START_MS);
  router.pass(key, raw('1'), START_MS);
  const [note] = sentTo('h', router.takeOutbox());
  t.true(note?.kind === 'pass' && note.number > 9_000_000);
  t.is(home.waiting, 0);
});
