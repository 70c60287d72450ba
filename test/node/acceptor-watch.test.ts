import test from 'ava';
import { REACH_DUTIES } from './reach-duties.ts';

for (const { title, check } of REACH_DUTIES) {
  test(title, async t => {
    await t.notThrowsAsync(check());
  });
}
