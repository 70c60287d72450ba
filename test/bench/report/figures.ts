// Numbers as people read them.

export const UNKNOWN = '–';

export function count(number: number): string {
  return Math.round(number).toLocaleString('en-US');
}

/** Two or three digits: 0.24, 3.1, 31, 310. */
export function digits(number: number | null | undefined): string {
  if (number === null || number === undefined) return UNKNOWN;
  if (number === 0) return '0';
  if (number >= 100) return count(number);
  if (number >= 10) return number.toFixed(number < 20 ? 1 : 0);
  return number.toFixed(number < 1 ? 2 : 1);
}

/** For axes and labels: 950, 1.2k, 26k, 1M. */
export function short(number: number): string {
  if (number >= 1e6) return `${trimmed(number / 1e6)}M`;
  if (number >= 1000) return `${trimmed(number / 1000)}k`;
  return trimmed(number);
}

function trimmed(number: number): string {
  return String(Number(number.toPrecision(number < 10 ? 2 : 3)));
}
