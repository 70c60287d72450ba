// What a process of ours asks of V8 for itself. Not for a proposer within another's program, whose engine it is not.

import { setFlagsFromString } from 'node:v8';

/**
 * V8 puts what an optimized function makes straight into the old generation once nearly all that it made before had lived
 * through a small collection. In an overload or a slow start requests do; from then on every request was left to the large
 * collections, one every two seconds. Measured 2026-11-30: docs/performance.md, "Small collections".
 */
export function keepRequestsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
