// Runs code that may never end. V8 ends what runs inside of a vm script that is out of time, whichever module it is
// from, loops and regular expressions included; so no other thread is needed. It does not end what the code leaves
// for later (timers, promises), nor a call that waits outside of JavaScript.

import { createContext, Script } from 'node:vm';

export class OutOfTime extends Error {}

const CALL = new Script('work()');
/** Made when it is first needed: it takes a millisecond. */
let context: { work: (() => unknown) | undefined } | undefined;

/** What `work` returns or throws. @throws OutOfTime when it was stopped after `timeMs`. */
export function inLimitedTime<Result>(work: () => Result, timeMs: number): Result {
  context ??= Object.assign(createContext(), { work: undefined });
  let result: Result | undefined;
  context.work = () => {
    result = work();
  };
  try {
    CALL.runInContext(context, { timeout: timeMs });
  } catch (error) {
    if (!isTimeout(error)) throw error;
    throw new OutOfTime(`it was stopped after ${timeMs} ms`);
  } finally {
    context.work = undefined;
  }
  return result as Result;
}

/** It comes from the other context, whose Error is another. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    Object.getOwnPropertyDescriptor(error, 'code')?.value === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}
