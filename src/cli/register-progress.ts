// Tells a person how far a work through many registers is, how long it takes from here, and in the end what it came to.

import { progress } from './progress.ts';

/** Work that was done before a person sees any of it needs no summary. */
const SHORT_MS = 1000;
/** Below this share nobody knows how long it takes. */
const SHARE_MIN = 0.02;

export class RegisterProgress {
  readonly #what: string;
  readonly #isQuiet: boolean;
  readonly #startMs = performance.now();
  readonly #tell: (sentence: string) => void;
  /** When the first of it was done: what came before tells nothing of how long the rest takes. */
  #sinceMs: number | undefined;

  /** @param what was done with them, in one word. @param isQuiet says nothing. */
  constructor(what: string, isQuiet: boolean) {
    this.#what = what;
    this.#isQuiet = isQuiet;
    this.#tell = progress(isQuiet);
  }

  /** @param share of the work that is done, from 0 to 1 */
  on(registers: number, share: number): void {
    this.#sinceMs ??= performance.now();
    const percent = Math.min(100, Math.floor(share * 100));
    this.#tell(`${this.#what} ${registers} registers, ${percent} %${this.#left(share)}`);
  }

  /** @param bytes of the file */
  end(registers: number, bytes: number): void {
    const tookMs = performance.now() - this.#startMs;
    if (this.#isQuiet || tookMs < SHORT_MS) return;
    const rate = Math.round((1000 * registers) / tookMs);
    process.stderr.write(`${(bytes / 1e6).toFixed(1)} MB in ${durationOf(tookMs)}, ${rate} registers/s\n`);
  }

  #left(share: number): string {
    if (share < SHARE_MIN || share >= 1) return '';
    const tookMs = performance.now() - (this.#sinceMs ?? this.#startMs);
    return `, about ${durationOf((tookMs * (1 - share)) / share)} left`;
  }
}

function durationOf(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
