import test from 'ava';
import { COLLECTION_DUTIES } from './collection-duties.ts';
import { EARLIER_LIFE_DUTIES } from './earlier-life-duties.ts';
import { EXPIRY_DUTIES } from './expiry-duties.ts';

for (const { title, check } of [...COLLECTION_DUTIES, ...EARLIER_LIFE_DUTIES, ...EXPIRY_DUTIES]) {
  test(`collection: ${title}`, async t => {
    await t.notThrowsAsync(check());
  });
}
