// What the clients did: the history for the checker, and a sample of each operation for timelines and gaps.

import type { HistoryEvent, Shown, SynodCall } from '../../src/history/history.ts';

/** How an operation ended, as far as its client can tell. */
export type Ended =
  /** `duplicate`: the answer may be one to a retry, which leaves out a value that was too large to be remembered. */
  | { readonly kind: 'ok'; readonly shown: Shown; readonly duplicate: boolean }
  | {
      readonly kind: 'fail';
      readonly code: string;
      readonly shown: Shown | undefined;
      readonly duplicate: boolean;
    }
  | { readonly kind: 'info'; readonly code: string };

export interface Sample {
  readonly client: string;
  readonly operation: string;
  /** Milliseconds since the start of the run. */
  readonly startMs: number;
  readonly endMs: number;
  /** An answer about the register, refusals included; otherwise a failure's code. */
  readonly outcome: 'answered' | string;
}

const REFUSALS: ReadonlySet<string> = new Set(['conflict', 'already_written', 'wrong_kind', 'rejected']);

export class Recorder {
  readonly events: HistoryEvent[] = [];
  readonly samples: Sample[] = [];
  readonly #originMs = performance.now();
  #processes = 0;

  get nowMs(): number {
    return performance.now() - this.#originMs;
  }

  newProcess(): number {
    this.#processes += 1;
    return this.#processes;
  }

  invoke(process: number, key: string, call: SynodCall): number {
    const time = this.nowMs;
    this.events.push({ type: 'invoke', process, key, time, ...call });
    return time;
  }

  complete(
    client: string,
    {
      process,
      key,
      operation,
      startMs,
    }: { process: number; key: string; operation: string; startMs: number },
    ended: Ended,
  ): void {
    const endMs = this.nowMs;
    const common = { process, key, operation, time: endMs };
    if (ended.kind === 'info') this.events.push({ type: 'info', ...common, error: ended.code });
    else {
      const state = ended.shown === undefined ? {} : plain(ended.shown);
      const duplicate = ended.duplicate ? { duplicate: true } : {};
      if (ended.kind === 'ok')
        this.events.push({ type: 'ok', ...common, ...plain(ended.shown), ...duplicate });
      else this.events.push({ type: 'fail', ...common, error: ended.code, ...state, ...duplicate });
    }
    const outcome = ended.kind === 'ok' || REFUSALS.has(ended.code) ? 'answered' : ended.code;
    this.samples.push({ client, operation, startMs, endMs, outcome });
  }
}

function plain({ set, version, value }: Shown): { set: boolean; version: number; value?: never } {
  return value === undefined ? { set, version } : { set, version, value: value as never };
}
