// The history of a run as its clients saw it, in the words of the product's own history (src/history).

import type { HistoryEvent, SynodCall } from '../../src/history/history.ts';
import type { View } from '../../src/protocol/state.ts';
import type { EventQueue } from './event-queue.ts';

/** How a call ended for its client. */
export type Ending =
  | { readonly kind: 'ok'; readonly view: View; readonly duplicate: boolean }
  | { readonly kind: 'refused'; readonly view: View; readonly code: string; readonly duplicate: boolean }
  | { readonly kind: 'failed'; readonly code: string }
  | { readonly kind: 'unknown'; readonly why: string };

export interface Recorded {
  readonly process: number;
  readonly key: string;
  readonly call: SynodCall;
}

export class Recorder {
  readonly events: HistoryEvent[] = [];
  readonly #queue: EventQueue;
  #processes = 0;

  constructor(queue: EventQueue) {
    this.#queue = queue;
  }

  newProcess(): number {
    this.#processes += 1;
    return this.#processes;
  }

  invoke({ process, key, call }: Recorded, id: string | undefined): void {
    this.events.push({ type: 'invoke', process, key, time: this.#queue.nowMs, id, ...call });
  }

  complete({ process, key, call: { operation } }: Recorded, ending: Ending): void {
    const common = { process, key, operation, time: this.#queue.nowMs };
    switch (ending.kind) {
      case 'ok':
        this.events.push({ type: 'ok', ...common, ...ending.view, duplicate: ending.duplicate });
        break;
      case 'refused': {
        const { view, code, duplicate } = ending;
        this.events.push({ type: 'fail', ...common, ...view, error: code, duplicate });
        break;
      }
      case 'failed':
        this.events.push({ type: 'fail', ...common, error: ending.code });
        break;
      case 'unknown':
        this.events.push({ type: 'info', ...common, error: ending.why });
        break;
    }
  }
}
