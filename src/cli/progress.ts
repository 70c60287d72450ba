// Tells a person now and then how far a long work is.

const PROGRESS_MS = 1000;

/** Says the first sentence alone, and nothing when nobody is to be told. */
export function once(isQuiet: boolean): (sentence: string) => void {
  let isSaid = isQuiet;
  return sentence => {
    if (isSaid) return;
    isSaid = true;
    process.stderr.write(`${sentence}\n`);
  };
}

/** Says nothing when nobody is to be told. */
export function progress(isQuiet: boolean): (sentence: string) => void {
  let nextMs = performance.now() + PROGRESS_MS;
  return sentence => {
    if (isQuiet || performance.now() < nextMs) return;
    nextMs = performance.now() + PROGRESS_MS;
    process.stderr.write(`${sentence}\n`);
  };
}
