// Several runs of the same step as one figure.

/** Over all runs. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Null when there is nothing, or a run did not know. */
export function spreadOf(figures: readonly (number | null)[]): Spread | null {
  const known = figures.filter(figure => figure !== null).sort((one, other) => one - other);
  const [min] = known;
  const max = known.at(-1);
  if (known.length < figures.length || min === undefined || max === undefined) return null;
  const upper = known[Math.floor(known.length / 2)] ?? max;
  const lower = known[Math.ceil(known.length / 2) - 1] ?? min;
  return { median: (lower + upper) / 2, min, max };
}

/** Items with the same key together, in the order of the first of each. */
export function grouped<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): readonly (readonly Item[])[] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
