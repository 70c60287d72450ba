// A figure of several panels with one legend. A panel has named places on its x axis and, for each series, what
// is to be drawn there: a bar with its spread, a point of a line, or a range of percentiles.

import { short } from './figures.ts';
import { linearScale, logScale, type Scale } from './scale.ts';
import { element, escaped, line, text } from './svg.ts';

export interface Series {
  readonly name: string;
  readonly color: string;
}

/** From the smallest to the largest; one of them is what the eye is to see. */
export interface Mark {
  readonly figure: number;
  readonly low: number;
  readonly high: number;
  /** Between them, for ranges. */
  readonly middle?: number;
  /** Behind the figure of a bar. */
  readonly note?: string;
}

export interface Panel {
  readonly title: string;
  readonly kind: 'bars' | 'lines' | 'ranges';
  readonly places: readonly string[];
  readonly xTitle: string;
  /** By name of the series; a place without a mark is null. */
  readonly marks: Readonly<Record<string, readonly (Mark | null)[]>>;
}

export interface Figure {
  readonly title: string;
  /** What is drawn, its unit, and what the thin lines are. */
  readonly subtitle: string;
  readonly series: readonly Series[];
  readonly panels: readonly Panel[];
  readonly columns: number;
}

const PANEL = { width: 440, height: 250, left: 48, right: 12, top: 34, bottom: 42 };
const HEAD_PIXELS = 78;
const INK = '#222222';
const MUTED = '#666666';
const GRID = '#e4e4e4';
const BAR_PIXELS_MAX = 30;
const GAP_PIXELS = 2;
const DOT_PIXELS = 4;

export function figureSvg({ title, subtitle, series, panels, columns }: Figure): string {
  const rows = Math.ceil(panels.length / columns);
  const width = columns * PANEL.width;
  const height = HEAD_PIXELS + rows * PANEL.height;
  const drawn = panels.map((panel, index) => {
    const x = (index % columns) * PANEL.width;
    const y = HEAD_PIXELS + Math.floor(index / columns) * PANEL.height;
    return element('g', { transform: `translate(${x} ${y})` }, panelSvg(panel, series));
  });
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      'font-family': 'Helvetica, Arial, sans-serif',
      'font-size': 11,
      fill: MUTED,
    },
    element('title', {}, escaped(title)),
    element('rect', { width, height, fill: '#ffffff' }),
    text(16, 24, title, { 'font-size': 16, 'font-weight': 'bold', fill: INK }),
    text(16, 42, subtitle),
    legend(series),
    ...drawn.map(panel => `\n${panel}`),
  )}\n`;
}

function legend(series: readonly Series[]): string {
  let x = 16;
  const parts = series.flatMap(({ name, color }) => {
    const parts = [
      element('rect', { x, y: 54, width: 10, height: 10, rx: 2, fill: color }),
      text(x + 15, 63, name, { fill: INK, 'font-size': 12 }),
    ];
    x += 15 + name.length * 7 + 22;
    return parts;
  });
  return parts.join('');
}

function panelSvg(panel: Panel, series: readonly Series[]): string {
  const { left, right, top, bottom } = PANEL;
  const plotWidth = PANEL.width - left - right;
  const plotHeight = PANEL.height - top - bottom;
  const all = series.flatMap(({ name }) => panel.marks[name] ?? []).filter(mark => mark !== null);
  const max = Math.max(0, ...all.map(({ high }) => high));
  const positive = all.map(({ low }) => low).filter(low => low > 0);
  const scale =
    panel.kind === 'ranges' && positive.length > 0
      ? logScale(Math.min(...positive), max, plotHeight)
      : linearScale(max, plotHeight);
  const base = top + plotHeight;
  const y = (figure: number): number => base - scale.at(figure);
  const pitch = plotWidth / panel.places.length;
  const axes = [
    text(left, 18, panel.title, { 'font-size': 13, 'font-weight': 'bold', fill: INK }),
    ...gridLines(scale, y, plotWidth),
    ...panel.places.map((place, index) =>
      text(left + (index + 0.5) * pitch, base + 16, place, { 'text-anchor': 'middle' }),
    ),
    text(left + plotWidth / 2, base + 32, panel.xTitle, { 'text-anchor': 'middle' }),
  ];
  const drawn = series.map((one, index) => {
    const marks = panel.marks[one.name] ?? [];
    if (panel.kind === 'lines') {
      return lineSvg(one, marks, { x: place => left + (place + 0.5) * pitch, y });
    }
    const slot = Math.min(BAR_PIXELS_MAX, (pitch * 0.86) / series.length);
    const offset = (index - series.length / 2) * slot;
    return marks
      .map((mark, place) => {
        if (mark === null) return '';
        const x = left + (place + 0.5) * pitch + offset;
        return panel.kind === 'bars'
          ? barSvg(one, mark, { x, width: slot - GAP_PIXELS, base, y })
          : rangeSvg(one, mark, { x: x + slot / 2, y });
      })
      .join('');
  });
  return [...axes, ...drawn].join('');
}

function gridLines(scale: Scale, y: (figure: number) => number, plotWidth: number): readonly string[] {
  const { left } = PANEL;
  return scale.ticks.flatMap(tick => [
    line([left, y(tick)], [left + plotWidth, y(tick)], { stroke: GRID, 'stroke-width': 1 }),
    text(left - 6, y(tick) + 4, short(tick), { 'text-anchor': 'end' }),
  ]);
}

interface BarPlace {
  readonly x: number;
  readonly width: number;
  readonly base: number;
  readonly y: (figure: number) => number;
}

/** The spread over the runs is a thin line; the median stands above it. */
function barSvg(
  { color }: Series,
  { figure, low, high, note = '' }: Mark,
  { x, width, base, y }: BarPlace,
): string {
  const middle = x + width / 2;
  return [
    element('rect', { x, y: y(figure), width, height: base - y(figure), rx: 2, fill: color }),
    line([middle, y(low)], [middle, y(high)], { stroke: INK, 'stroke-width': 1 }),
    text(middle, y(high) - 4, `${short(figure)}${note}`, { 'text-anchor': 'middle', 'font-size': 9.5 }),
  ].join('');
}

interface Point {
  readonly x: number;
  readonly y: (figure: number) => number;
}

function rangeSvg({ color }: Series, { figure, low, high, middle }: Mark, { x, y }: Point): string {
  const dot = { cx: x, r: DOT_PIXELS, stroke: color, 'stroke-width': 2 };
  return [
    line([x, y(low)], [x, y(high)], { stroke: color, 'stroke-width': 2 }),
    line([x - DOT_PIXELS, y(high)], [x + DOT_PIXELS, y(high)], { stroke: color, 'stroke-width': 2 }),
    middle === undefined ? '' : element('circle', { ...dot, cy: y(middle), fill: '#ffffff' }),
    element('circle', { ...dot, cy: y(figure), fill: color }),
  ].join('');
}

function lineSvg(
  { color }: Series,
  marks: readonly (Mark | null)[],
  { x, y }: { readonly x: (place: number) => number; readonly y: (figure: number) => number },
): string {
  const points = marks.flatMap((mark, place) => (mark === null ? [] : [{ ...mark, x: x(place) }]));
  const path = points.map(point => `${point.x.toFixed(1)},${y(point.figure).toFixed(1)}`).join(' ');
  return [
    element('polyline', { points: path, fill: 'none', stroke: color, 'stroke-width': 2 }),
    ...points.map(point =>
      line([point.x, y(point.low)], [point.x, y(point.high)], { stroke: color, 'stroke-width': 1 }),
    ),
    ...points.map(point =>
      element('circle', { cx: point.x, cy: y(point.figure), r: DOT_PIXELS, fill: color }),
    ),
  ].join('');
}
