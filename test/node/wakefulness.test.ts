import test from 'ava';
import { WAKEFULNESS_DUTIES } from './wakefulness-duties.ts';

for (const { title, check } of WAKEFULNESS_DUTIES) {
  test(title, async t => {
    await t.notThrowsAsync(check());
  });
}
