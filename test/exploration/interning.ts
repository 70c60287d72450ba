// Interning: equal parts of the explored states become one small number, so that a state is a few numbers
// and every step of a proposer or an acceptor is computed once.

/** Gives equal values the same number, counted from 0. */
export class Interner<Value> {
  readonly #keyOf: (value: Value) => string;
  readonly #ids = new Map<string, number>();
  readonly #values: Value[] = [];

  constructor(keyOf: (value: Value) => string) {
    this.#keyOf = keyOf;
  }

  get size(): number {
    return this.#values.length;
  }

  get values(): readonly Value[] {
    return this.#values;
  }

  id(value: Value): number {
    const key = this.#keyOf(value);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#values.push(value) - 1;
    this.#ids.set(key, id);
    return id;
  }

  value(id: number): Value {
    return at(this.#values, id);
  }
}

/** A key for plain data; bytes are written as text. */
export function keyOfData(data: unknown): string {
  return JSON.stringify(data, function (this: Readonly<Record<string, unknown>>, field, part: unknown) {
    const bytes = this[field];
    return bytes instanceof Uint8Array ? Buffer.from(bytes).toString('latin1') : part;
  });
}

/** Remembers what a function of two numbers came to. */
export class Memo<Result> {
  readonly #rows: Map<number, Result>[] = [];

  get(a: number, b: number, compute: () => Result): Result {
    const row = this.#row(a);
    const known = row.get(b);
    if (known !== undefined) return known;
    const result = compute();
    row.set(b, result);
    return result;
  }

  #row(a: number): Map<number, Result> {
    while (this.#rows.length <= a) this.#rows.push(new Map());
    return at(this.#rows, a);
  }
}

/** The item at an index that exists. */
export function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (item === undefined) throw new RangeError(`No item ${index} among ${items.length}`);
  return item;
}
