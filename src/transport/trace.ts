// The trace that a request belongs to: the `traceparent` header of W3C Trace Context, as OpenTelemetry sets it. It is
// passed on as it is: no span is made here, so that whoever goes on from it is a child of the caller's, and not of one that
// nobody ever shows.

export const TRACE_HEADER = 'traceparent';

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The header's value when it is one; undefined for anything else. */
export function traceOf(value: string | undefined): string | undefined {
  return value !== undefined && TRACEPARENT.test(value) ? value : undefined;
}

/** The trace that it is of, and the caller's span in it. */
export function partsOfTrace(trace: string): { readonly traceId: string; readonly spanId: string } {
  const [, traceId = '', spanId = ''] = trace.split('-');
  return { traceId, spanId };
}

/** The headers that carry it. */
export function traceHeaders(trace: string): ReadonlyMap<string, string> {
  return new Map([[TRACE_HEADER, trace]]);
}
