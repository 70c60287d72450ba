// Ways to make a true history false, and one to make it doubtful.

import type { HistoryEvent } from '../../src/history/history.ts';
import type { Value } from '../../src/protocol/value.ts';
import { type Choose, type HistoryPlan, smallPlan, withoutDelete } from './random-history.ts';

export interface Falsification {
  /** The histories that it needs. */
  readonly plan: HistoryPlan;
  /** Undefined when the history offers no place for it. */
  from(events: readonly HistoryEvent[], pick: number): HistoryEvent[] | undefined;
}

type Answered = Extract<HistoryEvent, { type: 'ok' | 'fail' }>;
interface Found {
  readonly at: number;
  readonly event: Answered;
}

const VARIABLE = smallPlan(40, ['a.variable']);
/** Nothing here could stand in for a change that is missing. */
const WITHOUT_GAPS = withoutDelete({ ...VARIABLE, lossOneIn: 0 });

export const FALSIFICATIONS: Readonly<Record<string, Falsification>> = {
  'an answer shows a version that nothing can have reached': {
    plan: VARIABLE,
    from: (events, pick) =>
      replaceOne(events, setStates(events), pick, ({ event }) => ({ ...event, version: 99 })),
  },
  'a read shows a value that nobody wrote': {
    plan: VARIABLE,
    from: (events, pick) => {
      const reads = setStates(events).filter(({ event }) => event.operation === 'variable.read');
      return replaceOne(events, reads, pick, ({ event }) => ({ ...event, value: 'never written' }));
    },
  },
  'a read shows a state that was over before its call': {
    plan: VARIABLE,
    from: (events, pick) => {
      const stale = setStates(events).flatMap(read => {
        if (read.event.operation !== 'variable.read') return [];
        const calledAt = callOf(events, read.at);
        const known = setStates(events).filter(({ at }) => at < calledAt);
        const [oldest] = known.toSorted((a, b) => versionOf(a) - versionOf(b));
        const isOver = oldest !== undefined && known.some(other => versionOf(other) > versionOf(oldest));
        return isOver ? [{ ...read, shown: oldest.event }] : [];
      });
      return replaceOne(events, stale, pick, ({ event, shown }) => {
        return { ...event, ...stateOf(shown) };
      });
    },
  },
  'an acknowledged write is missing': {
    plan: WITHOUT_GAPS,
    from: (events, pick) => {
      const states = setStates(events);
      const writes = states.filter(write => {
        const isLater = states.some(other => versionOf(other) > versionOf(write));
        return write.event.operation === 'variable.write' && isLater;
      });
      const missing = writes[pick % writes.length];
      if (missing === undefined) return undefined;
      const calledAt = callOf(events, missing.at);
      return events.filter((_, at) => at !== missing.at && at !== calledAt);
    },
  },
  'an acknowledged change is reported as failed': {
    plan: WITHOUT_GAPS,
    from: (events, pick) => {
      const changes = ['variable.write', 'variable.change', 'variable.cas', 'variable.create'];
      const states = setStates(events);
      const seen = states.filter(({ at, event }) => {
        const isSeen = states.some(other => other.at !== at && versionOf(other) >= (event.version ?? 0));
        return event.type === 'ok' && changes.includes(event.operation) && isSeen;
      });
      return replaceOne(events, seen, pick, ({ event }) => failed(event));
    },
  },
};

/** The answers that show a set variable. */
function setStates(events: readonly HistoryEvent[]): Found[] {
  return events.flatMap((event, at) => {
    return (event.type === 'ok' || event.type === 'fail') && event.set ? [{ at, event }] : [];
  });
}

function versionOf({ event }: Found): number {
  return event.version ?? 0;
}

function stateOf({ value, set = false, version = 0 }: Answered): {
  value: Value;
  set: boolean;
  version: number;
} {
  return { value: value ?? null, set, version };
}

function callOf(events: readonly HistoryEvent[], answerAt: number): number {
  const process = events[answerAt]?.process;
  return events.slice(0, answerAt).findLastIndex(event => event.process === process);
}

function failed({ process, operation, key, time }: Answered): HistoryEvent {
  return { type: 'fail', process, operation, key, time, error: 'no_quorum' };
}

function replaceOne<Place extends Found>(
  events: readonly HistoryEvent[],
  places: readonly Place[],
  pick: number,
  replacement: (place: Place) => HistoryEvent,
): HistoryEvent[] | undefined {
  const place = places[pick % places.length];
  return place === undefined ? undefined : events.with(place.at, replacement(place));
}

/** Changes one event a little. What comes out may be true or false. */
export function perturbed(events: readonly HistoryEvent[], choose: Choose): HistoryEvent[] {
  const at = choose(Math.max(events.length, 1));
  const event = events[at];
  if (event === undefined) return [...events];
  if (event.type === 'invoke' || event.type === 'info') return swapped(events, at);
  const { process, operation, key, time } = event;
  const { value, version = 0, set = false } = event;
  const shown = { process, operation, key, time, set, version };
  switch (choose(8)) {
    case 0:
      return events.with(at, { ...shown, type: 'ok', ...(set ? { value: choose(3) } : {}) });
    case 1:
      return events.with(at, { ...event, version: version + 1 });
    case 2:
      return events.with(at, { ...event, version: Math.max(version - 1, 0) });
    case 3:
      return events.with(at, failed(event));
    case 4:
      return events.with(at, { ...shown, type: 'ok', value });
    case 5:
      return events.with(at, { ...shown, type: 'fail', error: 'conflict', value });
    case 6: {
      // Lost instead: legal only if the process does nothing afterwards.
      const isLast = !events.slice(at + 1).some(later => later.process === process);
      return isLast ? events.with(at, { type: 'info', process, operation, key, time }) : swapped(events, at);
    }
    default:
      return swapped(events, at);
  }
}

/** Exchanges an event with the next, when they are of different processes. */
function swapped(events: readonly HistoryEvent[], at: number): HistoryEvent[] {
  const [first, second] = events.slice(at, at + 2);
  if (first === undefined || second === undefined || first.process === second.process) return [...events];
  return events.with(at, second).with(at + 1, first);
}
