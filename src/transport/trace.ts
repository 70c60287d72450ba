// The trace that a request belongs to: the `traceparent` header of W3C Trace Context, as OpenTelemetry sets it. It is
// passed on as it is; nothing is measured for it here.

export const TRACE_HEADER = 'traceparent';

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The header's value when it is one; undefined for anything else. */
export function traceOf(value: string | undefined): string | undefined {
  return value !== undefined && TRACEPARENT.test(value) ? value : undefined;
}

/** The headers that carry it. */
export function traceHeaders(trace: string): ReadonlyMap<string, string> {
  return new Map([[TRACE_HEADER, trace]]);
}
