import test from 'ava';
import { WATCH_DUTIES } from './watch-duties.ts';

for (const { title, check } of WATCH_DUTIES) {
  test(title, async t => {
    await t.notThrowsAsync(check());
  });
}
