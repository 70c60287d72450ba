// Pass marks: which requests that one proposer passed on to another are behind, because they were applied or
// overtaken. The router that passes a request on numbers it, and both may come to execute it: the marks say so (R3).

/** A request that was passed on: by which incarnation, and its number there, greater than all that it gave before. */
export interface Pass {
  readonly router: string;
  readonly number: number;
}

export interface PassMarks {
  /** For each of the last routers, the highest number that was let through, oldest use first. */
  readonly latest: readonly Pass[];
  /** The highest number among the marks that were dropped: a router without a mark may have had one up to here. */
  readonly dropped: number;
}

export const NO_PASSES: PassMarks = { latest: [], dropped: 0 };

/** Marks of so many routers are kept in the state of a register. */
export const PASS_MARKS_MAX = 8;

/** Whether nothing with this number, nor above it, was ever let through. */
export function isAhead({ latest, dropped }: PassMarks, { router, number }: Pass): boolean {
  const mark = latest.find(candidate => candidate.router === router);
  return number > (mark?.number ?? dropped);
}

/** The marks after a pass that was ahead of them is let through. */
export function withPass({ latest, dropped }: PassMarks, pass: Pass, marksMax = PASS_MARKS_MAX): PassMarks {
  const others = latest.filter(({ router }) => router !== pass.router);
  const [oldest, ...younger] = others;
  if (oldest === undefined || others.length < marksMax) return { latest: [...others, pass], dropped };
  return { latest: [...younger, pass], dropped: Math.max(dropped, oldest.number) };
}
