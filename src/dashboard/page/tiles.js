// The figures of this moment.

import { count, make, ms, say } from './format.js';

const TILES = [
  ['served a second', sample => count(sample.served)],
  ['failed a second', sample => count(sample.failed)],
  ['latency, median', sample => ms(sample.p50Ms)],
  ['latency, 99 %', sample => ms(sample.p99Ms)],
  ['longest gap, last minute', sample => ms(sample.gapMs)],
];

/** Figures over some samples in a row: half a second alone trembles. */
const SAMPLES = 4;

export function openTiles(list) {
  const fields = TILES.map(([title]) => {
    const field = make('dd', {}, '–');
    list.append(make('div', {}, make('dt', {}, title), field));
    return field;
  });
  const recent = [];
  return sample => {
    recent.push(sample);
    if (recent.length > SAMPLES) recent.shift();
    const mean = name => recent.reduce((sum, one) => sum + one[name], 0) / recent.length;
    const latest = name => recent.findLast(one => one[name] !== null)?.[name] ?? null;
    const shown = {
      served: mean('served'),
      failed: mean('failed'),
      p50Ms: latest('p50Ms'),
      p99Ms: latest('p99Ms'),
      gapMs: sample.gapMs,
    };
    for (const [at, [, text]] of TILES.entries()) say(fields[at], text(shown));
  };
}
