// What the service counts for each operation, in the terms of NATS micro services.

import { OPERATION_KINDS, type OperationType } from '../protocol/operation.ts';

interface EndpointStats {
  requests: number;
  errors: number;
  lastError: string;
  processingMs: number;
}

export class ServiceStats {
  readonly #endpoints = new Map<string, EndpointStats>(
    Object.keys(OPERATION_KINDS).map(type => [
      type,
      { requests: 0, errors: 0, lastError: '', processingMs: 0 },
    ]),
  );

  /** A request was answered after `ms`, with an error when `error` is not empty. */
  count(type: OperationType, ms: number, error: string): void {
    const endpoint = this.#endpoints.get(type);
    if (endpoint === undefined) return;
    endpoint.requests += 1;
    endpoint.processingMs += ms;
    if (error === '') return;
    endpoint.errors += 1;
    endpoint.lastError = error;
  }

  entries(): IterableIterator<[string, Readonly<EndpointStats>]> {
    return this.#endpoints.entries();
  }
}
