// From figures to pixels, and which figures an axis names.

export interface Scale {
  /** Pixels from the bottom of the panel. */
  at(figure: number): number;
  readonly ticks: readonly number[];
}

/** From 0 on. */
export function linearScale(max: number, pixels: number): Scale {
  const rough = (max > 0 ? max : 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5, 10].find(factor => factor * power >= rough) ?? 10);
  const top = Math.ceil((max > 0 ? max : 1) / step) * step;
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
  return { at: figure => (figure / top) * pixels, ticks };
}

/** Whole powers of ten around the figures, which are above 0. */
export function logScale(min: number, max: number, pixels: number): Scale {
  const low = Math.floor(Math.log10(min));
  const high = Math.max(low + 1, Math.ceil(Math.log10(max)));
  const ticks = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  return { at: figure => ((Math.log10(figure) - low) / (high - low)) * pixels, ticks };
}
