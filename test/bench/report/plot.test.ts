import test from 'ava';
import { digits, short } from './figures.ts';
import { type Figure, figureSvg } from './plot.ts';
import { linearScale, logScale } from './scale.ts';

test('linearScale() has round ticks from 0 to above the largest figure', t => {
  const scale = linearScale(870, 100);
  t.deepEqual(scale.ticks, [0, 250, 500, 750, 1000]);
  t.deepEqual([0, 500, 1000].map(scale.at), [0, 50, 100]);
  t.deepEqual(linearScale(0, 100).at(0), 0);
});

test('logScale() has the powers of ten around the figures', t => {
  const scale = logScale(0.3, 80, 90);
  t.deepEqual(scale.ticks, [0.1, 1, 10, 100]);
  t.deepEqual(
    [0.1, 1, 100].map(figure => Math.round(scale.at(figure))),
    [0, 30, 90],
  );
});

test('digits() and short() keep two or three digits', t => {
  t.deepEqual([0, 0.238, 3.14, 12.34, 31.4, 1234.5, null].map(digits), [
    '0',
    '0.24',
    '3.1',
    '12.3',
    '31',
    '1,235',
    '–',
  ]);
  t.deepEqual([0, 7.25, 950, 1240, 26_663, 1e6].map(short), ['0', '7.3', '950', '1.2k', '26.7k', '1M']);
});

const figure: Figure = {
  title: 'a < b & "c"',
  subtitle: '',
  series: [{ name: 's', color: '#000000' }],
  panels: [
    {
      title: 'bars',
      kind: 'bars',
      places: ['1', '64'],
      xTitle: 'clients',
      marks: { s: [{ figure: 50, low: 25, high: 100 }, null] },
    },
  ],
  columns: 1,
};

test('figureSvg() draws a bar for a mark, none for null, and escapes texts', t => {
  const svg = figureSvg(figure);
  t.true(svg.includes('a &lt; b &amp; &quot;c&quot;'));
  const bars = [...svg.matchAll(/<rect [^>]*height="([\d.]+)" rx="2" fill="#000000"\/>/g)].map(
    ([, height]) => height,
  );
  // The legend's square, and half of the 174 pixels of a panel.
  t.deepEqual(bars, ['10', '87']);
  t.is((svg.match(/<g\b/g) ?? []).length, (svg.match(/<\/g>/g) ?? []).length);
});

test('figureSvg() draws p50, p99 and p99.9 of a range, on a logarithmic axis', t => {
  const [panel] = figure.panels;
  const marks = { s: [{ figure: 1, low: 1, middle: 10, high: 100 }, null] };
  const svg = figureSvg({
    ...figure,
    panels: panel === undefined ? [] : [{ ...panel, kind: 'ranges', marks }],
  });
  const dots = [...svg.matchAll(/<circle [^>]*cy="([\d.]+)"/g)].map(([, cy]) => Number(cy));
  // Of 174 pixels from the bottom at 208: one power of ten up, and none.
  t.deepEqual(dots, [121, 208]);
});
