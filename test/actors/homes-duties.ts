// What a proposer owes to those whose home it trusts or doubts, as checks that throw: a home that was paused is not trusted for what
// it says, and one that was held up is waited for. The tests run them on the product, and the mutants' test on products that are broken.

import assert from 'node:assert/strict';
import {
  Homes,
  homesAmong,
  PATIENCE,
  PLACES_IN_TROUBLE,
  PLACES_OF_A_HOME,
  PLACES_STANDING_BY,
  PRESENCE,
} from '../../src/actors/homes.ts';
import { ALL_PARTITIONS } from '../../src/protocol/partition.ts';
import type { Duty } from './runtime-duties.ts';

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
  return ALL_PARTITIONS.map(partition => homes.homeOf(partition));
}

export const HOMES_DUTIES: readonly Duty[] = [
  {
    title: 'homeOf() is the proposer itself, while it knows of no other',
    check: async () => {
      assert.deepEqual([...new Set(table(new Homes('own', 10)))], ['own']);
    },
  },
  {
    title: 'homeOf() leaves out a peer that was heard and has answered nothing yet',
    check: async () => {
      const homes = new Homes('own', 10);
      homes.heard('peer', 7, 0);
      assert.ok(!homes.isTrusted('peer'));
      assert.deepEqual([...new Set(table(homes))], ['own']);
      homes.answered('peer', 7);
      assert.ok(!homes.isTrusted('peer'));
      homes.answered('peer', 8);
      assert.ok(homes.isTrusted('peer'));
      assert.deepEqual(table(homes), homesAmong(['own', 'peer'], 10));
    },
  },
  {
    title: 'homeOf() leaves out a peer in doubt, until it answers what was sent to it since',
    check: async () => {
      const homes = trusting('peer');
      homes.doubt('peer', 20, 0);
      homes.heard('peer', 20, 0);
      homes.answered('peer', 20);
      assert.ok(!homes.isTrusted('peer'));
      homes.answered('peer', 21);
      assert.ok(homes.isTrusted('peer'));
    },
  },
  {
    title: 'homeOf() leaves out a peer that was not heard of for long, and takes it for a new one then',
    check: async () => {
      const homes = trusting('peer');
      homes.expire(PRESENCE.minMs);
      assert.ok(homes.isTrusted('peer'));
      homes.expire(PRESENCE.minMs + 1);
      assert.ok(!homes.isTrusted('peer'));
      homes.heard('peer', 30, PRESENCE.minMs + 2);
      assert.ok(!homes.isTrusted('peer'));
    },
  },
  {
    title: 'homeOf() leaves out a peer that says goodbye',
    check: async () => {
      const homes = trusting('peer', 'other');
      homes.forget('peer');
      assert.deepEqual(table(homes), homesAmong(['own', 'other'], 10));
    },
  },
  {
    title: 'homeOf() waits longer for a peer that was held up lately, and remembers that while it is gone',
    check: async () => {
      const homes = trusting('peer');
      homes.expire(400);
      assert.ok(!homes.isTrusted('peer'));
      homes.heard('peer', 30, 400);
      homes.answered('peer', 31);
      assert.ok(homes.isTrusted('peer'));
      homes.expire(1000);
      assert.ok(homes.isTrusted('peer'), 'twice 400 ms, and a little less each ms');
      homes.expire(1200);
      assert.ok(!homes.isTrusted('peer'));
      homes.heard('peer', 40, 10_400);
      homes.answered('peer', 41);
      homes.expire(10_400 + 700);
      assert.ok(homes.isTrusted('peer'), 'no silence is remembered for longer than the longest patience');
      homes.expire(10_400 + 800);
      assert.ok(!homes.isTrusted('peer'));
    },
  },
  {
    title: 'homeOf() waits as for any other for a peer that has been well for long',
    check: async () => {
      const homes = trusting('peer');
      for (let ms = 0; ms <= 20_000; ms += 25) homes.heard('peer', 0, ms);
      homes.expire(20_000 + PRESENCE.minMs);
      assert.ok(homes.isTrusted('peer'));
      homes.expire(20_000 + PRESENCE.minMs + 1);
      assert.ok(!homes.isTrusted('peer'));
    },
  },
  {
    title: 'patienceMs() is twice what the slowest acknowledgement took lately, within its bounds',
    check: async () => {
      const homes = trusting('peer');
      assert.equal(homes.patienceMs('peer', 0), PATIENCE.minMs);
      homes.learn('peer', 1, 0);
      assert.equal(homes.patienceMs('peer', 0), PATIENCE.minMs);
      homes.learn('peer', 100, 0);
      for (let i = 0; i < 100; i++) homes.learn('peer', 1, 0);
      assert.equal(homes.patienceMs('peer', 0), 200);
      assert.equal(homes.patienceMs('peer', 2000), 100);
      assert.equal(homes.patienceMs('peer', 10_000), PATIENCE.minMs);
      homes.learn('peer', 5000, 10_000);
      assert.equal(homes.patienceMs('peer', 10_000), PATIENCE.maxMs);
    },
  },
  {
    title: 'patienceMs() doubles with a doubt, up to its bound',
    check: async () => {
      const homes = trusting('peer');
      homes.doubt('peer', 5, 0);
      assert.equal(homes.patienceMs('peer', 0), 2 * PATIENCE.minMs);
      for (let i = 0; i < 10; i++) homes.doubt('peer', 5, 0);
      assert.equal(homes.patienceMs('peer', 0), PATIENCE.maxMs);
    },
  },
  {
    title:
      'places() are few for one that stands by, more for a home, and many for one that takes over from a lost one',
    check: async () => {
      const one = [new Homes('own', 1), new Homes('own', 1)] as const;
      const [first, second] = one;
      assert.equal(first.places(0), PLACES_OF_A_HOME);
      // Of two names one is the home: seen from both sides.
      const other =
        ['peer1', 'peer2', 'peer3', 'peer4', 'peer5'].find(
          name => homesAmong(['own', name], 1)[0] === name,
        ) ?? '';
      second.heard(other, 0, 0);
      second.answered(other, 1);
      assert.equal(second.places(0), PLACES_STANDING_BY);
      second.doubt(other, 5, 10);
      assert.equal(second.places(11), PLACES_IN_TROUBLE);
      second.answered(other, 6);
      assert.equal(second.places(12), PLACES_STANDING_BY);
      second.expire(10_000);
      assert.equal(second.places(10_001), PLACES_IN_TROUBLE);
    },
  },
  {
    title: 'isFull() is what a home said last of itself, and never what this one is',
    check: async () => {
      const homes = new Homes('own', 2);
      homes.heard('peer', 0, 0, true);
      homes.answered('peer', 1);
      const partitions = Array.from({ length: 256 }, (_, partition) => partition);
      const full = (): readonly number[] => partitions.filter(partition => homes.isFull(partition));
      assert.deepEqual(
        full(),
        partitions.filter(partition => homes.homeOf(partition) === 'peer'),
      );
      assert.ok(full().length > 0);
      homes.heard('peer', 0, 25);
      assert.deepEqual(full(), []);
    },
  },
];
