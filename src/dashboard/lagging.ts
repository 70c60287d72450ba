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
    const [first, last] = [this.#looks[0], this.#looks.at(-1)];
    if (first === undefined || last === undefined) return false;
    const missed = (last.missed.get(acceptor) ?? 0) - (first.missed.get(acceptor) ?? 0);
    return missed >= MISSED_MIN && missed > SHARE_MIN * (last.requests - first.requests);
  }
}
