import test from 'ava';
import { EpochNews } from '../../src/actors/epoch-news.ts';
import type { EpochNote } from '../../src/protocol/membership.ts';
import { EPOCH_DUTIES } from './epoch-duties.ts';

for (const { title, check } of EPOCH_DUTIES) {
  test(`epochs: ${title}`, async t => {
    await t.notThrowsAsync(check());
  });
}

const note = (epoch: number): EpochNote => {
  return { epoch, membership: { epoch, members: new Map([['a', 's']]), joint: undefined } };
};

test('EpochNews adopts what is newer, tells who is behind, and says nothing to those who are as far', t => {
  const news = new EpochNews(() => note(2));
  t.deepEqual(news.hears(note(3), 0), { adopt: note(3).membership, tells: false });
  t.deepEqual(news.hears(note(2), 0), { tells: false });
  t.deepEqual(news.hears(note(1), 0), { tells: true });
});

test('EpochNews asks by telling, not more often than every 20 ms, and answers who knows no members', t => {
  const news = new EpochNews(() => note(2));
  t.false(news.meets(2, 0));
  t.true(news.meets(5, 0));
  t.false(news.meets(5, 19));
  t.true(news.meets(5, 20));
  t.deepEqual(news.hears({ epoch: 2, membership: undefined }, 40), { tells: true });
  t.deepEqual(news.hears({ epoch: 9, membership: undefined }, 80), { tells: false }, 'it knows no more');
});

test('EpochNews takes the members of its own epoch where it does not know them', t => {
  const news = new EpochNews(() => ({ epoch: 1, membership: undefined }));
  t.deepEqual(news.hears(note(1), 0), { adopt: note(1).membership, tells: false });
});
