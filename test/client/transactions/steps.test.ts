import test from 'ava';
import { TRANSACTION_DUTIES } from './steps-duties.ts';

for (const { title, check } of TRANSACTION_DUTIES) {
  test(`transactions: ${title}`, async t => {
    await t.notThrowsAsync(check());
  });
}
