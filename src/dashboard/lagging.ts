// Which acceptors miss much just now: they vote, and the others accept what they do not.

const WINDOW = 10;
/** So many missed values in the window, and this share of what was asked in it, are no chance. */
const MISSED_MIN = 20;
const SHARE_MIN = 0.05;

interface Look {
  readonly missed: ReadonlyMap<string, number>;
  readonly requests: number;
}

export class Lagging {
  readonly #looks: Look[] = [];

  /** @param missed by acceptor, since some beginning @param requests of all proposers, since the same */
  look(missed: ReadonlyMap<string, number>, requests: number): void {
    this.#looks.push({ missed, requests });
    if (this.#looks.length > WINDOW) this.#looks.shift();
  }

  isBehind(acceptor: string): boolean {
    const [first, middle, last] = [this.#looks[0], this.#looks[this.#looks.length >> 1], this.#looks.at(-1)];
    if (first === undefined || middle === undefined || last === undefined) return false;
    // In either half: who votes when there is time (P6) misses much once, when there begins to be much.
    const missed = [missedBetween(first, middle, acceptor), missedBetween(middle, last, acceptor)];
    return missed.every(({ share }) => share > SHARE_MIN) && sum(missed) >= MISSED_MIN;
  }
}

interface Missed {
  readonly values: number;
  /** Of what was asked meanwhile. */
  readonly share: number;
}

function missedBetween(from: Look, to: Look, acceptor: string): Missed {
  const values = (to.missed.get(acceptor) ?? 0) - (from.missed.get(acceptor) ?? 0);
  const requests = to.requests - from.requests;
  return { values, share: requests === 0 ? 0 : values / requests };
}

function sum(missed: readonly Missed[]): number {
  return missed.reduce((all, { values }) => all + values, 0);
}
