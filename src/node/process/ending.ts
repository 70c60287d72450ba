// How a node's service ends: by its signal, or by a failure, whichever comes first.

export interface Ending {
  /** Resolves when the signal aborts; rejects with what `fail` was given. */
  readonly ended: Promise<void>;
  readonly fail: (error: unknown) => void;
  /** Whether it has ended, either way. */
  readonly isOver: () => boolean;
}

export function endingOf(signal: AbortSignal): Ending {
  let fail: Ending['fail'] = () => undefined;
  let hasFailed = false;
  const ended = new Promise<void>((resolve, reject) => {
    fail = error => {
      hasFailed = true;
      reject(error);
    };
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  // A failure before anybody awaits it is not an unhandled one.
  ended.catch(() => undefined);
  return { ended, fail, isOver: () => hasFailed || signal.aborted };
}
