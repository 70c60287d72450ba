// How much is in the WAL, as far as the numbers of rows tell, and so when to move it into the file: a move writes each page that has
// changed once, however often it was written.

/** It is moved after so many pages have changed. */
const CHANGED_MAX = 1000;
/** And after so many pages in the WAL, before SQLite does so in the way of a commit (sqlite-open). */
const WAL_MAX = 3500;
const PAGE_BYTES = 4096;
/** Of a turn, beside those of its rows: how many pages there are, and what leads to them. */
const PAGES_A_TURN = 3;

interface WrittenRow {
  readonly number: number;
  readonly bytes: number;
}

export class WalPages {
  /** Since the last move. */
  readonly #changed = new Set<number>();
  #otherChanged = 0;
  #inWal = 0;

  /** These rows were written in one transaction, and so many were removed. */
  turn(written: readonly WrittenRow[], removed: number): void {
    const pages = new Set<number>();
    let overflow = 0;
    for (const { number, bytes } of written) {
      // Rows lie by their numbers, and their neighbours are about as long.
      pages.add(Math.floor((number * bytes) / PAGE_BYTES));
      overflow += Math.floor(bytes / PAGE_BYTES);
    }
    for (const page of pages) this.#changed.add(page);
    this.#inWal += pages.size + PAGES_A_TURN;
    this.others(overflow + removed);
  }

  /** So many other pages were written. */
  others(pages: number): void {
    this.#otherChanged += pages;
    this.#inWal += pages;
  }

  get isDue(): boolean {
    return this.#changed.size + this.#otherChanged >= CHANGED_MAX || this.#inWal >= WAL_MAX;
  }

  moved(): void {
    this.#changed.clear();
    this.#otherChanged = 0;
    this.#inWal = 0;
  }
}
