import test from 'ava';
import { GROUP_DUTIES } from './group-duties.ts';

for (const { title, check } of GROUP_DUTIES) {
  test(`groups: ${title}`, async t => {
    await t.notThrowsAsync(check());
  });
}
