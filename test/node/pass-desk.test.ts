import test from 'ava';
import { PASS_DESK_DUTIES } from './pass-desk-duties.ts';

for (const { title, check } of PASS_DESK_DUTIES) {
  test(title, async t => {
    await t.notThrowsAsync(check());
  });
}
