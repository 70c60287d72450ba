// What a history of one key tells for the coverage: what its variable came to that no operation did.

import type { HistoryEvent } from '../../src/history/history.ts';

/** How often it was shown unset after it had been set, up to the first delete. */
export function timesSeenOver(events: readonly HistoryEvent[]): number {
  let times = 0;
  let isSet = false;
  for (const event of events) {
    if (event.type === 'invoke' && event.operation === 'variable.delete') break;
    if ((event.type !== 'ok' && event.type !== 'fail') || event.set === undefined) continue;
    if (isSet && !event.set) times += 1;
    isSet = event.set;
  }
  return times;
}
