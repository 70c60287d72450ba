// What became of many requests, in columns: ten times the load for a minute is millions of them, and a load that waits
// for its own garbage collector is no load.

const PENDING = 'no answer yet';

export class Answers {
  #startsMs = new Float64Array(1024);
  #tookMs = new Float32Array(1024);
  /** Of each the place of its outcome in #codes. */
  #outcomes = new Uint8Array(1024);
  readonly #codes = [PENDING];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** @returns the number of a request that is asked at `nowMs`, from 0. */
  begin(nowMs: number): number {
    if (this.#length === this.#outcomes.length) this.#grow();
    this.#startsMs[this.#length] = nowMs;
    this.#length += 1;
    return this.#length - 1;
  }

  end(request: number, outcome: string, nowMs: number): void {
    this.#tookMs[request] = nowMs - (this.#startsMs[request] ?? nowMs);
    if (!this.#codes.includes(outcome)) this.#codes.push(outcome);
    this.#outcomes[request] = this.#codes.indexOf(outcome);
  }

  outcomeOf(request: number): string {
    return this.#codes[this.#outcomes[request] ?? 0] ?? PENDING;
  }

  /** How many had each outcome. */
  counts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (let i = 0; i < this.#length; i++) {
      const outcome = this.outcomeOf(i);
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    }
    return counts;
  }

  /** @returns the requests with this outcome. */
  of(outcome: string): readonly number[] {
    const code = this.#codes.indexOf(outcome);
    const requests: number[] = [];
    for (let i = 0; i < this.#length; i++) if (this.#outcomes[i] === code) requests.push(i);
    return requests;
  }

  /** @returns in ms, ascending: of those with the outcome, or of all. */
  latenciesMs(outcome?: string): Float32Array {
    if (outcome === undefined) return this.#tookMs.slice(0, this.#length).sort();
    return Float32Array.from(this.of(outcome), request => this.#tookMs[request] ?? 0).sort();
  }

  #grow(): void {
    const length = 2 * this.#length;
    const startsMs = new Float64Array(length);
    startsMs.set(this.#startsMs);
    this.#startsMs = startsMs;
    const tookMs = new Float32Array(length);
    tookMs.set(this.#tookMs);
    this.#tookMs = tookMs;
    const outcomes = new Uint8Array(length);
    outcomes.set(this.#outcomes);
    this.#outcomes = outcomes;
  }
}
