import test from 'ava';
import { founderOf, haveTwoFounders } from '../../src/protocol/founder.ts';
import { FOUNDER_DUTIES } from './founder-duties.ts';

for (const { title, check } of FOUNDER_DUTIES) {
  test(`founder: ${title}`, async t => {
    await t.notThrowsAsync(check());
  });
}

test('founderOf() is one of the stores, whatever the order of the members', t => {
  t.is(
    founderOf(
      new Map([
        ['a', 's3'],
        ['b', 's1'],
        ['c', 's2'],
      ]),
    ),
    's1',
  );
  t.is(
    founderOf(
      new Map([
        ['c', 's2'],
        ['b', 's1'],
        ['a', 's3'],
      ]),
    ),
    's1',
  );
});

test('haveTwoFounders() takes nobody for a stranger who does not say', t => {
  t.true(haveTwoFounders('s1', 's2'));
  for (const [one, other] of [
    ['s1', 's1'],
    [undefined, 's1'],
    ['s1', undefined],
    [undefined, undefined],
  ])
    t.false(haveTwoFounders(one, other));
});
