// Curves of the last ten minutes. A curve is for the eyes; its last and highest value stand beside it as text.

import { count, ms, say } from './format.js';
import uPlot from './uplot.js';

const SAMPLES_MAX = 1200;
/** A few seconds alone would look like much. */
const SPAN_SECONDS_MIN = 60;
const CHARTS = [
  {
    id: 'throughput',
    lines: [
      ['served', '--accent'],
      ['failed', '--bad'],
    ],
    text: count,
  },
  {
    id: 'latency',
    lines: [
      ['p50Ms', '--accent'],
      ['p99Ms', '--second'],
    ],
    text: ms,
  },
  { id: 'gap', lines: [['gapMs', '--accent']], text: ms },
];
const NAMES = { served: 'served', failed: 'failed', p50Ms: 'median', p99Ms: '99 %', gapMs: 'gap' };
const DASHES = [undefined, [6, 4]];

export function openCharts() {
  const times = [];
  const samples = [];
  let plots = [];
  const dataOf = ({ lines }) => [times, ...lines.map(([name]) => samples.map(sample => sample[name]))];
  const draw = () => {
    for (const plot of plots) plot.destroy();
    plots = CHARTS.map(chart => plotOf(chart, dataOf(chart)));
  };
  const onResize = new ResizeObserver(() => {
    for (const [at, { id }] of CHARTS.entries()) plots[at]?.setSize(sizeOf(document.getElementById(id)));
  });
  for (const { id } of CHARTS) onResize.observe(document.getElementById(id));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  draw();
  return {
    add(sample, atMs) {
      times.push(atMs / 1000);
      samples.push(sample);
      if (times.length > SAMPLES_MAX) {
        times.shift();
        samples.shift();
      }
    },
    show() {
      for (const [at, chart] of CHARTS.entries()) {
        plots[at].setData(dataOf(chart));
        say(document.getElementById(`${chart.id}-text`), textOf(chart, samples));
      }
    },
    clear() {
      times.length = 0;
      samples.length = 0;
    },
  };
}

function textOf({ lines, text }, samples) {
  return lines
    .map(([name]) => {
      const values = samples.map(sample => sample[name]).filter(value => value !== null);
      if (values.length === 0) return `${NAMES[name]} –`;
      return `${NAMES[name]} ${text(values.at(-1))} (max ${text(Math.max(...values))})`;
    })
    .join(', ');
}

function sizeOf(place) {
  return { width: Math.max(200, place.clientWidth), height: place.clientHeight };
}

function plotOf({ id, lines }, data) {
  const place = document.getElementById(id);
  const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--grid'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  const series = lines.map(([name, stroke], at) => ({
    label: NAMES[name],
    stroke: colour(stroke),
    width: 2,
    dash: DASHES[at],
    spanGaps: false,
    points: { show: false },
  }));
  const options = {
    ...sizeOf(place),
    cursor: { show: false },
    legend: { show: false },
    padding: [8, 24, 0, 0],
    scales: {
      x: { range: (_, min, max) => [Math.min(min, max - SPAN_SECONDS_MIN), max] },
      y: { range: (_, _min, max) => [0, Math.max(1, (max ?? 1) * 1.1)] },
    },
    axes: [
      {
        ...axis,
        space: 90,
        size: 28,
        values: (_, ticks) => ticks.map(tick => new Date(tick * 1000).toTimeString().slice(0, 8)),
      },
      { ...axis, size: 52 },
    ],
    series: [{}, ...series],
  };
  return new uPlot(options, data, place);
}
