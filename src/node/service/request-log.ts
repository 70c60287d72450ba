// What is logged of requests, so that whoever follows a trace finds what Synod did about it: the names of OpenTelemetry's
// log fields beside the header itself.

import type { RawRequest } from '../../transport/pass-codec.ts';
import type { BadRequest } from '../../transport/service-errors.ts';
import { partsOfTrace } from '../../transport/trace.ts';
import type { Log } from '../process/log.ts';
import type { ResultCode } from './service-stats.ts';

/** How a request ended that was tried. */
interface Tried {
  readonly operation: string;
  readonly key: string;
  /** From its arrival. */
  readonly ms: number;
  readonly result: ResultCode;
  readonly trace: string | undefined;
}

/** Nobody was served, whatever was asked. */
const FAILED: ReadonlySet<ResultCode> = new Set(['unknown', 'no_quorum', 'storage_full']);

/** What was slow or failed is said of every request; what was refused, as clients may expect, of those with a trace. */
export function logTried(log: Log, { trace, ms, ...tried }: Tried, slowMs: number): void {
  const say = (event: string): void => log(event, { ...tried, ms: Math.round(ms), ...traceFields(trace) });
  if (ms > slowMs) say('slow_request');
  else if (FAILED.has(tried.result)) say('request_failed');
  else if (tried.result !== 'ok' && trace !== undefined) say('request_refused');
}

/** Of a request with a trace that was not even tried. */
export function logRefused(
  log: Log,
  { subject, trace }: Pick<RawRequest, 'subject' | 'trace'>,
  { code, message }: BadRequest,
): void {
  if (trace !== undefined)
    log('request_refused', { subject, result: code, why: message, ...traceFields(trace) });
}

/** Nothing where there is no trace. */
export function traceFields(trace: string | undefined): Readonly<Record<string, string>> {
  if (trace === undefined) return {};
  const { traceId, spanId } = partsOfTrace(trace);
  return { trace, trace_id: traceId, span_id: spanId };
}
