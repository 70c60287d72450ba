// The other proposers that were heard lately: who was heard, did not say goodbye and does not answer is silent. For whoever
// looks inside; nothing is decided by it (that is actors/homes.ts).

/** One that was not heard for so long is forgotten: it may have been one of many that came and went. */
const REMEMBERED_MS = 600_000;
/** One that is silent for so long, and has a namesake, was that one's earlier life. */
const SILENT_MS = 1250;
/** Behind the name in that of an incarnation (proposer-engine.ts). */
const RANDOM_CHARS = 12;

export class Fellows {
  readonly #heardAtMs = new Map<string, number>();

  heard(incarnation: string, nowMs: number): void {
    if (!this.#heardAtMs.has(incarnation)) this.#forgetEarlierLives(nameOfIncarnation(incarnation), nowMs);
    this.#heardAtMs.set(incarnation, nowMs);
  }

  /** It said goodbye. */
  left(incarnation: string): void {
    this.#heardAtMs.delete(incarnation);
  }

  /** How long ago each was heard, in ms. */
  known(nowMs: number): ReadonlyMap<string, number> {
    for (const [incarnation, atMs] of this.#heardAtMs)
      if (nowMs - atMs > REMEMBERED_MS) this.#heardAtMs.delete(incarnation);
    return new Map([...this.#heardAtMs].map(([incarnation, atMs]) => [incarnation, nowMs - atMs]));
  }

  #forgetEarlierLives(name: string, nowMs: number): void {
    for (const [incarnation, atMs] of this.#heardAtMs)
      if (nameOfIncarnation(incarnation) === name && nowMs - atMs > SILENT_MS)
        this.#heardAtMs.delete(incarnation);
  }
}

/** The name of the proposer whose life that is. */
export function nameOfIncarnation(incarnation: string): string {
  return incarnation.slice(0, -RANDOM_CHARS);
}
