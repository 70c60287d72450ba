// Along which axes the load or the cluster grows, one at a time; everything else stays as it is by default.

export interface Size {
  readonly keys: number;
  readonly valueBytes: number;
  readonly clients: number;
  readonly acceptors: number;
  readonly proposers: number;
}

export interface Axis {
  readonly name: string;
  readonly title: string;
  readonly workloads: readonly string[];
  readonly sizes: readonly Size[];
  /** What of a size is the axis. */
  readonly placeOf: (size: Size) => number;
}

const USUAL: Size = { keys: 1000, valueBytes: 100, clients: 64, acceptors: 3, proposers: 2 };
const WORKLOADS = ['create', 'cas', 'read'];
/** Workloads that share the keys that were written before. */
const FILLED = ['write', 'read'];
/** Tolerated failures, and acceptors for them. */
const ACCEPTORS = [3, 5, 7];

/** A quick look goes the same way with less of everything. */
export function axesOf(isQuick: boolean): readonly Axis[] {
  const all: readonly Axis[] = [
    along('keys', 'keys', isQuick ? [100, 1000] : [10_000, 100_000, 1_000_000], FILLED),
    along('valueBytes', 'bytes of a value', isQuick ? [100, 65_536] : [100, 1024, 8192, 65_536], FILLED),
    along('clients', 'clients', isQuick ? [1, 64] : [1, 4, 16, 64, 256, 1024], WORKLOADS),
    along('acceptors', 'acceptors', isQuick ? [3, 5] : ACCEPTORS, WORKLOADS),
    along('proposers', 'proposers', isQuick ? [1, 2] : [1, 2, 3, 4], WORKLOADS),
    messages(isQuick ? [3, 5] : ACCEPTORS),
  ];
  return all;
}

export const AXES: readonly string[] = axesOf(false).map(({ name }) => name);

function along(
  name: keyof Size,
  title: string,
  places: readonly number[],
  workloads: readonly string[],
): Axis {
  const sizes = places.map(place => ({ ...USUAL, [name]: place }));
  return { name, title, workloads, sizes, placeOf: size => size[name] };
}

/** One client, so that nothing shares a message, and one proposer, so that none is passed on. */
function messages(acceptors: readonly number[]): Axis {
  return {
    name: 'messages',
    title: 'failures tolerated (f of 2f+1 acceptors)',
    workloads: ['create', 'cas', 'read'],
    sizes: acceptors.map(number => ({ ...USUAL, clients: 1, acceptors: number, proposers: 1 })),
    placeOf: size => (size.acceptors - 1) / 2,
  };
}
