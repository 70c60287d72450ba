// What the service counts for each operation, in the terms of NATS micro services and of Prometheus.

import { Histogram, TIMES_MS } from '../actors/histogram.ts';
import { OPERATION_KINDS, type OperationType } from '../protocol/operation.ts';
import type { ServiceAnswer } from '../transport/reply-codec.ts';
import type { ErrorCode } from '../transport/service-errors.ts';
import { Gaps } from './gaps.ts';

export type ResultCode = 'ok' | ErrorCode;

interface EndpointStats {
  requests: number;
  errors: number;
  lastError: string;
  readonly results: Map<ResultCode, number>;
  readonly ms: Histogram;
}

/** How a request ended. */
export interface Ended {
  readonly type: OperationType;
  readonly code: ResultCode;
  /** '' for none. */
  readonly error: string;
  readonly sinceMs: number;
  readonly nowMs: number;
}

/** With these nothing was served. */
const IN_VAIN: ReadonlySet<ResultCode> = new Set(['no_quorum', 'unknown', 'overloaded', 'storage_full']);

export class ServiceStats {
  readonly gaps = new Gaps();
  readonly #turnedAway = new Map<ErrorCode, number>();
  readonly #endpoints = new Map<string, EndpointStats>(
    Object.keys(OPERATION_KINDS).map(type => [
      type,
      { requests: 0, errors: 0, lastError: '', results: new Map(), ms: new Histogram(TIMES_MS) },
    ]),
  );

  count({ type, code, error, sinceMs, nowMs }: Ended): void {
    const endpoint = this.#endpoints.get(type);
    if (endpoint === undefined) return;
    endpoint.requests += 1;
    endpoint.ms.count(nowMs - sinceMs);
    endpoint.results.set(code, (endpoint.results.get(code) ?? 0) + 1);
    if (!IN_VAIN.has(code)) this.gaps.served(sinceMs, nowMs);
    if (error === '') return;
    endpoint.errors += 1;
    endpoint.lastError = error;
  }

  /** A request was not tried: it was none, or there are too many. */
  turnAway(code: ErrorCode): void {
    this.#turnedAway.set(code, (this.#turnedAway.get(code) ?? 0) + 1);
  }

  get turnedAway(): ReadonlyMap<ErrorCode, number> {
    return this.#turnedAway;
  }

  entries(): IterableIterator<[string, Readonly<EndpointStats>]> {
    return this.#endpoints.entries();
  }
}

export function codeOf(answer: ServiceAnswer): ResultCode {
  switch (answer.kind) {
    case 'done':
      return 'ok';
    case 'refused':
      return answer.code;
    default:
      return answer.kind;
  }
}
