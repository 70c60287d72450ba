import test from 'ava';
import { COLLECTION_DUTIES } from './collection-duties.ts';

for (const { title, check } of COLLECTION_DUTIES) {
  test(`collection: ${title}`, async t => {
    await t.notThrowsAsync(check());
  });
}
