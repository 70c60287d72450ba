// docs/tutorial.md, typed into a shell beside a real cluster: what it says is what comes.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Terminals } from './terminals.ts';
import { isAsExpected, stepsOf } from './tutorial-page.ts';

const PAGE = join(import.meta.dirname, '../../../docs/tutorial.md');

test('an output is compared to the last character, but for what stands for anything', t => {
  t.true(isAsExpected('version 1', 'version 1'));
  t.false(isAsExpected('version 12', 'version 1'));
  t.false(isAsExpected('version 1\nand more', 'version 1'));
  t.false(isAsExpected('version 1', ''));
  t.true(isAsExpected('{"untilMs":17}', '{"untilMs":…}'));
  t.false(isAsExpected('{"untilMs":17', '{"untilMs":…}'));
  t.true(isAsExpected('saved 9', '…\nsaved 9'));
  t.true(isAsExpected('a\nb\nsaved 9', '…\nsaved 9'));
  t.false(isAsExpected('saved 19', '…\nsaved 9'));
});

const terminals = new Terminals();
test.after.always(() => terminals.close());

const sections = readFileSync(PAGE, 'utf8').split(/^## /m);

test('the tutorial starts a cluster, later another one, and does something with them', t => {
  const kinds = sections.flatMap(stepsOf).map(({ kind }) => kind);
  t.is(kinds[0], 'up');
  t.is(kinds.filter(kind => kind === 'up').length, 2);
  t.true(kinds.length > 30);
});

// Each goes on from where the one before ends.
for (const section of sections.filter(text => stepsOf(text).length > 0)) {
  test.serial(`the tutorial is right: ${section.split('\n')[0]}`, async t => {
    for (const step of stepsOf(section)) {
      if (step.kind === 'up') {
        await terminals.up(step.command);
        continue;
      }
      const actual = await terminals.type(step.command);
      // The comparison that fails shows both.
      if (!isAsExpected(actual, step.expected)) t.is(actual, step.expected, step.command);
    }
    t.pass();
  });
}
