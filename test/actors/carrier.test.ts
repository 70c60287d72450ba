import test from 'ava';
import { CARRIER_DUTIES } from './carrier-duties.ts';

for (const { title, check } of CARRIER_DUTIES) {
  test(`Carrier: ${title}`, async t => {
    await t.notThrowsAsync(check);
  });
}
