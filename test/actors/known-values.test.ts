import test from 'ava';
import { KNOWN_VALUE_DUTIES } from './known-value-duties.ts';

for (const { title, check } of KNOWN_VALUE_DUTIES) {
  test(title, async t => {
    await t.notThrowsAsync(check);
  });
}
