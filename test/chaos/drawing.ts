// A timeline as SVG: answers a second and latency over time, with each fault shaded and the longest gap marked.

import { type Gap, quantile } from './gaps.ts';
import type { Sample } from './recorder.ts';

export interface Shade {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly label: string;
}

export interface Timeline {
  readonly title: string;
  readonly durationMs: number;
  readonly shades: readonly Shade[];
  readonly samples: readonly Sample[];
  readonly gap: Gap;
}

const WIDTH = 1200;
const LEFT = 70;
const RIGHT = 40;
const TOP = 60;
const PANEL = 170;
const SPACE = 70;
const HEIGHT = TOP + 2 * PANEL + SPACE + 50;
const BUCKET_MS = 100;
const LATENCY_MS_MIN = 1;

interface Bucket {
  readonly atMs: number;
  readonly answersPerSecond: number;
  readonly failuresPerSecond: number;
  readonly p50Ms: number;
  readonly maxMs: number;
}

export function drawTimeline(timeline: Timeline): string {
  const { title, durationMs, shades, gap } = timeline;
  const buckets = bucketsOf(timeline);
  const x = (ms: number): number => LEFT + (Math.min(ms, durationMs) / durationMs) * (WIDTH - LEFT - RIGHT);
  const rateMax = Math.max(10, ...buckets.map(({ answersPerSecond }) => answersPerSecond)) * 1.05;
  const rate = (value: number): number => TOP + PANEL * (1 - value / rateMax);
  const second = TOP + PANEL + SPACE;
  const msMax = Math.max(1000, ...buckets.map(({ maxMs }) => maxMs));
  const latency = (ms: number): number =>
    second + PANEL * (1 - Math.log10(Math.max(ms, LATENCY_MS_MIN)) / Math.log10(msMax));
  const line = (of: (bucket: Bucket) => number, color: string): string =>
    `<polyline fill="none" stroke="${color}" stroke-width="1.3" points="${buckets
      .map(bucket => `${x(bucket.atMs + BUCKET_MS / 2).toFixed(1)},${of(bucket).toFixed(1)}`)
      .join(' ')}"/>`;
  const ticksMs = ticks(durationMs);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    '<rect width="100%" height="100%" fill="white"/>',
    text(LEFT, 22, title, 'font-size="15" font-weight="bold"'),
    ...shades.map(
      ({ fromMs, untilMs }) =>
        `<rect x="${x(fromMs)}" width="${Math.max(1, x(untilMs) - x(fromMs))}" y="${TOP}" height="${2 * PANEL + SPACE}" fill="#d9534f" opacity="0.13"/>`,
    ),
    ...shades.map(({ fromMs, label }, i) =>
      text(x(fromMs) + 2, TOP + PANEL + 16 + 14 * (i % 3), label, 'font-size="11" fill="#a33"'),
    ),
    ...frame(TOP),
    ...frame(second),
    text(LEFT, TOP - 8, 'answers per second, all clients (red: requests without one)'),
    text(LEFT, second - 8, 'latency by time of the end, ms, log scale (blue: median, grey: longest)'),
    ...[0, 0.5, 1].map(share => text(8, rate(share * rateMax) + 4, String(Math.round(share * rateMax)))),
    ...[1, 10, 100, 1000].map(ms => text(8, latency(ms) + 4, `${ms}`)),
    ...[10, 100].map(
      ms =>
        `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${latency(ms)}" y2="${latency(ms)}" stroke="#ddd"/>`,
    ),
    ...ticksMs.map(ms => text(x(ms) - 6, HEIGHT - 26, `${ms / 1000} s`)),
    line(({ answersPerSecond }) => rate(answersPerSecond), '#2a6'),
    line(({ failuresPerSecond }) => rate(failuresPerSecond), '#c33'),
    line(({ maxMs }) => latency(maxMs), '#999'),
    line(({ p50Ms }) => latency(p50Ms), '#26c'),
    `<rect x="${x(gap.fromMs)}" width="${Math.max(1, x(gap.fromMs + gap.ms) - x(gap.fromMs))}" y="${TOP - 4}" height="4" fill="#c33"/>`,
    text(
      LEFT,
      HEIGHT - 8,
      `longest time of any client without an answer: ${Math.round(gap.ms)} ms (${gap.client}, from ${(gap.fromMs / 1000).toFixed(1)} s; the red bar on top)`,
    ),
    '</svg>\n',
  ].join('\n');
}

function bucketsOf({ samples, durationMs }: Timeline): readonly Bucket[] {
  const grouped = Array.from({ length: Math.ceil(durationMs / BUCKET_MS) }, (): Sample[] => []);
  for (const sample of samples) grouped[Math.floor(sample.endMs / BUCKET_MS)]?.push(sample);
  return grouped.map((own, i) => {
    const latencies = own.filter(({ outcome }) => outcome === 'answered').map(s => s.endMs - s.startMs);
    const perSecond = 1000 / BUCKET_MS;
    return {
      atMs: i * BUCKET_MS,
      answersPerSecond: latencies.length * perSecond,
      failuresPerSecond: (own.length - latencies.length) * perSecond,
      p50Ms: quantile(latencies, 0.5),
      maxMs: quantile(latencies, 1),
    };
  });
}

function ticks(durationMs: number): readonly number[] {
  const everyMs = [1000, 2000, 5000, 10_000, 30_000, 60_000].find(ms => durationMs / ms <= 20) ?? 300_000;
  return Array.from({ length: Math.floor(durationMs / everyMs) + 1 }, (_, i) => i * everyMs);
}

function frame(top: number): readonly string[] {
  return [
    `<rect x="${LEFT}" y="${top}" width="${WIDTH - LEFT - RIGHT}" height="${PANEL}" fill="none" stroke="#888"/>`,
  ];
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
