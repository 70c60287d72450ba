import test from 'ava';
import { RUNTIME_DUTIES } from './runtime-duties.ts';

for (const { title, check } of RUNTIME_DUTIES) {
  test(`Runtime ${title} (A3)`, async t => {
    await t.notThrowsAsync(check);
  });
}
