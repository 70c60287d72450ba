// Ctrl-C and its like, for commands that have something to put away first.

/** npm and the terminal may both pass on one Ctrl-C; only a later one is a second one. */
const SAME_SIGNAL_MS = 500;

/** The first signal to stop; `onSecond` is called for another one. */
export function firstSignal(onSecond: () => void): Promise<NodeJS.Signals> {
  return new Promise(resolve => {
    let firstMs: number | undefined;
    const onSignal = (signal: NodeJS.Signals): void => {
      firstMs ??= performance.now();
      if (performance.now() - firstMs > SAME_SIGNAL_MS) onSecond();
      else resolve(signal);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  });
}
