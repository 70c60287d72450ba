import test from 'ava';
import { markdownTable, replaceSection } from './markdown.ts';

test('markdownTable() puts texts to the left and figures to the right', t => {
  t.is(
    markdownTable(['name', 'ops/s'], [['a', '1,000']], 1),
    ['| name | ops/s |', '| ---- | ----: |', '| a    | 1,000 |'].join('\n'),
  );
});

test('replaceSection() adds a section once, then replaces it, and leaves the rest alone', t => {
  const first = replaceSection('# Title\n', 'peers', 'one');
  t.regex(first, /^# Title\n\n<!-- peers: [^>]*-->\n\none\n\n<!-- end of peers -->\n$/);
  const both = replaceSection(`${first}\nbehind\n`, 'growth', 'other');
  const again = replaceSection(both, 'peers', 'two $& two');
  t.is(
    again,
    both.replace('one', () => 'two $& two'),
  );
});
