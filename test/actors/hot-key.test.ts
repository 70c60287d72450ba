import test from 'ava';
import { HOT_MS, LatelyPassed } from '../../src/actors/lately-passed.ts';
import { HOT_KEY_DUTIES } from './hot-key-duties.ts';

for (const { title, check } of HOT_KEY_DUTIES) {
  test(`a hot key: ${title}`, async t => {
    await t.notThrowsAsync(check);
  });
}

test('LatelyPassed remembers a key for a while, and of too many those that came last', t => {
  const lately = new LatelyPassed();
  lately.note('a', 0);
  lately.note('b', 10);
  t.deepEqual(
    [lately.has('a', HOT_MS), lately.has('a', HOT_MS + 1), lately.has('c', 0)],
    [true, false, false],
  );
  lately.note('a', 20);
  for (let i = 0; i < 1023; i++) lately.note(`k${i}`, 30);
  t.deepEqual([lately.has('a', 30), lately.has('b', 30)], [true, false]);
});
