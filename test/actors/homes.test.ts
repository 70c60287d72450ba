import test from 'ava';
import {
  Homes,
  homesAmong,
  PATIENCE,
  PLACES_IN_TROUBLE,
  PLACES_OF_A_HOME,
  PLACES_STANDING_BY,
  PRESENCE,
} from '../../src/actors/homes.ts';
import { PARTITIONS } from '../../src/protocol/partition.ts';

const proposers = (count: number) => Array.from({ length: count }, (_, i) => `p${i}-x${i * 7919}`);

function counts(homes: readonly string[]): ReadonlyMap<string, number> {
  const counted = new Map<string, number>();
  for (const home of homes) counted.set(home, (counted.get(home) ?? 0) + 1);
  return counted;
}

/** Homes of 'own', which trusts these peers. */
function trusting(...peers: readonly string[]): Homes {
  const homes = new Homes('own', 10);
  for (const peer of peers) {
    homes.heard(peer, 0, 0);
    homes.answered(peer, 1);
  }
  return homes;
}

function table(homes: Homes): readonly string[] {
  return Array.from({ length: PARTITIONS }, (_, partition) => homes.homeOf(partition));
}

test('homesAmong() gives each proposer its share of the partitions', t => {
  for (const count of [2, 3, 5]) {
    const share = PARTITIONS / count;
    const counted = counts(homesAmong(proposers(count), 10));
    t.is(counted.size, count);
    for (const had of counted.values()) t.true(had > share / 2 && had < share * 2, `${had} of ${share}`);
  }
});

test('homesAmong() gives the same homes, whoever reckons and in whatever order', t => {
  t.deepEqual(homesAmong(proposers(4), 3), homesAmong(proposers(4).toReversed(), 3));
});

test('homesAmong() moves no partition but those of the one that leaves, or to the one that joins', t => {
  const [joining = '', ...before] = proposers(5);
  const few = homesAmong(before, 10);
  const many = homesAmong([...before, joining], 10);
  const moved = few.filter((home, partition) => home !== many[partition]).length;
  t.is(moved, many.filter(home => home === joining).length);
  t.true(moved > 0);
});

test('homeOf() is the proposer itself, while it knows of no other', t => {
  t.deepEqual([...counts(table(new Homes('own', 10))).keys()], ['own']);
});

test('homeOf() leaves out a peer that was heard and has answered nothing yet', t => {
  const homes = new Homes('own', 10);
  homes.heard('peer', 7, 0);
  t.false(homes.isTrusted('peer'));
  t.deepEqual([...counts(table(homes)).keys()], ['own']);
  homes.answered('peer', 7);
  t.false(homes.isTrusted('peer'));
  homes.answered('peer', 8);
  t.true(homes.isTrusted('peer'));
  t.deepEqual(table(homes), homesAmong(['own', 'peer'], 10));
});

test('homeOf() leaves out a peer in doubt, until it answers what was sent to it since', t => {
  const homes = trusting('peer');
  homes.doubt('peer', 20, 0);
  homes.heard('peer', 20, 0);
  homes.answered('peer', 20);
  t.false(homes.isTrusted('peer'));
  homes.answered('peer', 21);
  t.true(homes.isTrusted('peer'));
});

test('homeOf() leaves out a peer that was not heard of for long, and takes it for a new one then', t => {
  const homes = trusting('peer');
  homes.expire(PRESENCE.minMs);
  t.true(homes.isTrusted('peer'));
  homes.expire(PRESENCE.minMs + 1);
  t.false(homes.isTrusted('peer'));
  homes.heard('peer', 30, PRESENCE.minMs + 2);
  t.false(homes.isTrusted('peer'));
});

test('homeOf() leaves out a peer that says goodbye', t => {
  const homes = trusting('peer', 'other');
  homes.forget('peer');
  t.deepEqual(table(homes), homesAmong(['own', 'other'], 10));
});

test('homeOf() waits longer for a peer that was held up lately, and remembers that while it is gone', t => {
  const homes = trusting('peer');
  homes.expire(400);
  t.false(homes.isTrusted('peer'));
  homes.heard('peer', 30, 400);
  homes.answered('peer', 31);
  t.true(homes.isTrusted('peer'));
  homes.expire(1000);
  t.true(homes.isTrusted('peer'), 'twice 400 ms, and a little less each ms');
  homes.expire(1200);
  t.false(homes.isTrusted('peer'));
  homes.heard('peer', 40, 10_400);
  homes.answered('peer', 41);
  homes.expire(10_400 + 700);
  t.true(homes.isTrusted('peer'), 'no silence is remembered for longer than the longest patience');
  homes.expire(10_400 + 800);
  t.false(homes.isTrusted('peer'));
});

test('homeOf() waits as for any other for a peer that has been well for long', t => {
  const homes = trusting('peer');
  for (let ms = 0; ms <= 20_000; ms += 25) homes.heard('peer', 0, ms);
  homes.expire(20_000 + PRESENCE.minMs);
  t.true(homes.isTrusted('peer'));
  homes.expire(20_000 + PRESENCE.minMs + 1);
  t.false(homes.isTrusted('peer'));
});

test('patienceMs() is twice what the slowest acknowledgement took lately, within its bounds', t => {
  const homes = trusting('peer');
  t.is(homes.patienceMs('peer', 0), PATIENCE.minMs);
  homes.learn('peer', 1, 0);
  t.is(homes.patienceMs('peer', 0), PATIENCE.minMs);
  homes.learn('peer', 100, 0);
  for (let i = 0; i < 100; i++) homes.learn('peer', 1, 0);
  t.is(homes.patienceMs('peer', 0), 200);
  t.is(homes.patienceMs('peer', 2000), 100);
  t.is(homes.patienceMs('peer', 10_000), PATIENCE.minMs);
  homes.learn('peer', 5000, 10_000);
  t.is(homes.patienceMs('peer', 10_000), PATIENCE.maxMs);
});

test('patienceMs() doubles with a doubt, up to its bound', t => {
  const homes = trusting('peer');
  homes.doubt('peer', 5, 0);
  t.is(homes.patienceMs('peer', 0), 2 * PATIENCE.minMs);
  for (let i = 0; i < 10; i++) homes.doubt('peer', 5, 0);
  t.is(homes.patienceMs('peer', 0), PATIENCE.maxMs);
});

test('homesAmong() has no more homes than it may, and the next in order when one leaves', t => {
  const all = proposers(5);
  const [home, ...none] = counts(homesAmong(all, 1)).keys();
  t.is(none.length, 0);
  t.is(counts(homesAmong(all, 3)).size, 3);
  t.true(counts(homesAmong(all, 3)).has(home ?? ''));
  t.not(
    [
      ...counts(
        homesAmong(
          all.filter(name => name !== home),
          1,
        ),
      ).keys(),
    ][0],
    home,
  );
});

test('places() are few for one that stands by, more for a home, and many for one that takes over from a lost one', t => {
  const one = [new Homes('own', 1), new Homes('own', 1)] as const;
  const [first, second] = one;
  t.is(first.places(0), PLACES_OF_A_HOME);
  // Of two names one is the home: seen from both sides.
  const other =
    ['peer1', 'peer2', 'peer3', 'peer4', 'peer5'].find(name => homesAmong(['own', name], 1)[0] === name) ??
    '';
  second.heard(other, 0, 0);
  second.answered(other, 1);
  t.is(second.places(0), PLACES_STANDING_BY);
  second.doubt(other, 5, 10);
  t.is(second.places(11), PLACES_IN_TROUBLE);
  second.answered(other, 6);
  t.is(second.places(12), PLACES_STANDING_BY);
  second.expire(10_000);
  t.is(second.places(10_001), PLACES_IN_TROUBLE);
});

test('isFull() is what a home said last of itself, and never what this one is', t => {
  const homes = new Homes('own', 2);
  homes.heard('peer', 0, 0, true);
  homes.answered('peer', 1);
  const partitions = Array.from({ length: 256 }, (_, partition) => partition);
  const full = (): readonly number[] => partitions.filter(partition => homes.isFull(partition));
  t.deepEqual(
    full(),
    partitions.filter(partition => homes.homeOf(partition) === 'peer'),
  );
  t.true(full().length > 0);
  homes.heard('peer', 0, 25);
  t.deepEqual(full(), []);
});
