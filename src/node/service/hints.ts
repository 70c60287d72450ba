// Hints for watchers: that a register has a new version, with the trace of the request that it comes of.

import { eventSubject } from '../../transport/subjects.ts';
import { traceHeaders } from '../../transport/trace.ts';
import type { Transport } from '../../transport/transport.ts';

export class Hints {
  readonly #prefix: string;
  readonly #transport: Pick<Transport, 'publish'>;
  /** Of changes that were answered in this turn of the event loop, by key: their hints come next. */
  readonly #traces = new Map<string, string>();

  constructor(prefix: string, transport: Pick<Transport, 'publish'>) {
    this.#prefix = prefix;
    this.#transport = transport;
  }

  keepTrace(key: string, trace: string): void {
    if (this.#traces.size === 0) setImmediate(() => this.#traces.clear());
    this.#traces.set(key, trace);
  }

  announce(key: string, version: number): void {
    const trace = this.#traces.get(key);
    const bytes = Buffer.from(JSON.stringify({ key, version }));
    const options = trace === undefined ? undefined : { headers: traceHeaders(trace) };
    this.#transport.publish(eventSubject(this.#prefix, key), bytes, options);
  }
}
