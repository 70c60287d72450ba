// What is owed to those who are told that a variable's time is over (E1), as checks that throw. The tests run them on the
// product, and the mutants' test on products that are broken.

import assert from 'node:assert/strict';
import { Group, read, shown, UNSET_SHOWN } from '../protocol/group.ts';
import type { Duty } from './runtime-duties.ts';

/** Who wrote 'A' for 1000 ms at time 0, and another. */
function afterWrite() {
  const group = new Group('a', 'b', 'c');
  const [first, second] = [group.proposer('p'), group.proposer('q')];
  first.begin({ type: 'variable.write', value: 'A', ttlMs: 1000 });
  first.finish('a', 'b', 'c');
  second.ballots.observe(first.ballots.next());
  return { first, second };
}

export const EXPIRY_DUTIES: readonly Duty[] = [
  {
    title: 'who was told that it is gone is contradicted by nobody, whatever their clocks say (E1)',
    check: async () => {
      const { first, second } = afterWrite();
      second.nowMs = 1000;
      const [gone] = second.begin(read);
      second.finish('a', 'b', 'c');
      assert.deepEqual(second.answer(gone), UNSET_SHOWN);
      const [later] = first.begin(read);
      first.finish('a', 'b', 'c');
      assert.deepEqual(first.answer(later), UNSET_SHOWN);
    },
  },
  {
    title: 'it is there until its time is over (E1)',
    check: async () => {
      const { second } = afterWrite();
      second.nowMs = 999;
      const [token] = second.begin(read);
      second.finish('a', 'b', 'c');
      assert.deepEqual(second.answer(token), shown('A', 1));
    },
  },
];
