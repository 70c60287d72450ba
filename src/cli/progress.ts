// Tells a person now and then how far a long work is.

const PROGRESS_MS = 1000;

/** Says nothing when nobody is to be told. */
export function progress(isQuiet: boolean): (sentence: string) => void {
  let nextMs = performance.now() + PROGRESS_MS;
  return sentence => {
    if (isQuiet || performance.now() < nextMs) return;
    nextMs = performance.now() + PROGRESS_MS;
    process.stderr.write(`${sentence}\n`);
  };
}
