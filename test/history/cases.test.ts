// Short histories written by hand, one idea each. The file name says what a checker must find:
// good-….jsonl is linearizable, bad-….jsonl is not.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { operationsOf, parseHistory } from '../../src/history/history.ts';
import { checkLinearizable } from '../../src/history/linearizability.ts';
import { synodModel } from '../../src/history/register-models.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import { CASES } from './paths.ts';

const files = readdirSync(CASES).filter(file => file.endsWith('.jsonl'));
const model = synodModel(BUILT_IN_CHANGES);

test('checkLinearizable() has good and bad histories to tell apart, in test/history/cases', t => {
  t.true(files.filter(file => file.startsWith('good-')).length >= 20);
  t.true(files.filter(file => file.startsWith('bad-')).length >= 35);
});

for (const file of files) {
  const [, quality, idea] = /^(good|bad)-(.+)\.jsonl$/.exec(file) ?? [];
  const expected = quality === 'good' ? 'linearizable' : 'not-linearizable';
  test(`checkLinearizable() says ${expected}, when: ${idea}`, t => {
    t.truthy(quality, 'The name says neither good nor bad');
    const operations = operationsOf(parseHistory(readFileSync(join(CASES, file), 'utf8')));
    t.is(checkLinearizable(model, operations).kind, expected);
  });
}
