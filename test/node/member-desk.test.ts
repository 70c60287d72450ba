import test from 'ava';
import { MEMBER_DUTIES } from './member-duties.ts';

for (const { title, check } of MEMBER_DUTIES) {
  test(`MemberDesk: ${title}`, async t => {
    await t.notThrowsAsync(check);
  });
}
