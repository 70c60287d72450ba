// Names of proposers as small numbers, for records that hold many of the same few.

/** What two bytes can tell apart. */
const NAMES_MAX = 0x10000;

export class NameTable {
  readonly #names: string[] = [];
  readonly #numbers = new Map<string, number>();

  /** Undefined for one more than there are numbers for. */
  numberOf(name: string): number | undefined {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    if (this.#names.length >= NAMES_MAX) return undefined;
    this.#numbers.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }

  nameOf(number: number): string {
    const name = this.#names[number];
    if (name === undefined) throw new RangeError(`There is no name with the number ${number}`);
    return name;
  }
}
