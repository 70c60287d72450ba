// What the service counts for each operation, in the terms of NATS micro services and of Prometheus.

import { Histogram, TIMES_MS } from '../../actors/histogram.ts';
import type { ServiceAnswer } from '../../transport/reply-codec.ts';
import { SERVED_NAMES } from '../../transport/request-codec.ts';
import { type ErrorCode, IN_VAIN } from '../../transport/service-errors.ts';
import { Gaps } from './gaps.ts';

export type ResultCode = 'ok' | ErrorCode;

/** What is asked of the service and of no register. */
export type CallType = 'admin.list' | 'batch';

interface EndpointStats {
  requests: number;
  errors: number;
  lastError: string;
  readonly results: Map<ResultCode, number>;
  readonly ms: Histogram;
}

/** How a request ended. */
export interface Ended {
  /** What was asked: `variable.read`, `lock.acquire`. */
  readonly type: string;
  readonly code: ResultCode;
  /** '' for none. */
  readonly error: string;
  readonly sinceMs: number;
  readonly nowMs: number;
}

export class ServiceStats {
  readonly gaps = new Gaps();
  readonly #turnedAway = new Map<ErrorCode, number>();
  readonly #endpoints = statsOf(SERVED_NAMES);
  readonly #calls = statsOf<CallType>(['admin.list', 'batch']);

  count({ type, code, error, sinceMs, nowMs }: Ended): void {
    const endpoint = this.#endpoints.get(type);
    if (endpoint === undefined) return;
    endpoint.requests += 1;
    endpoint.ms.count(nowMs - sinceMs);
    endpoint.results.set(code, (endpoint.results.get(code) ?? 0) + 1);
    if (code === 'ok' || !IN_VAIN.includes(code)) this.gaps.served(sinceMs, nowMs);
    if (error === '') return;
    endpoint.errors += 1;
    endpoint.lastError = error;
  }

  /** A list, or a batch, whose requests are counted by themselves. */
  countCall(type: CallType, ms: number): void {
    const call = this.#calls.get(type);
    if (call === undefined) return;
    call.requests += 1;
    call.ms.count(ms);
  }

  /** Requests were not tried: they were none, or there are too many. */
  turnAway(code: ErrorCode, requests = 1): void {
    this.#turnedAway.set(code, (this.#turnedAway.get(code) ?? 0) + requests);
  }

  get turnedAway(): ReadonlyMap<ErrorCode, number> {
    return this.#turnedAway;
  }

  /** What is asked of registers. */
  entries(): IterableIterator<[string, Readonly<EndpointStats>]> {
    return this.#endpoints.entries();
  }

  calls(): IterableIterator<[CallType, Readonly<EndpointStats>]> {
    return this.#calls.entries();
  }
}

function statsOf<Type extends string>(types: readonly Type[]): Map<Type, EndpointStats> {
  const none = { requests: 0, errors: 0, lastError: '' };
  return new Map(types.map(type => [type, { ...none, results: new Map(), ms: new Histogram(TIMES_MS) }]));
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
