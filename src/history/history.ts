// The recorded history: one event a line, as JSON. Owns the format and its validation, and turns events into
// the operations that the checker takes. Order is the order of the lines; `time` is for people.

import { z } from 'zod';
import type { Value } from '../protocol/value.ts';
import { HistoryError, type Operation, pairOperations, type Step } from './operations.ts';

const value: z.ZodType<Value> = z.json();
const version = z.int().nonnegative();
const ttlMs = z.int().positive().optional();
const common = { process: z.int().nonnegative(), key: z.string().min(1), time: z.number() };
const shown = { set: z.boolean(), value: value.optional(), version };

// Strict objects: an argument under a misspelt name would silently be another operation with another verdict.
function call<Name extends string, Arguments extends z.ZodRawShape>(name: Name, args: Arguments) {
  return z.strictObject({
    type: z.literal('invoke'),
    ...common,
    operation: z.literal(name),
    /** The request id, when the client gave one. */
    id: z.string().optional(),
    ...args,
  });
}

const invokeEvent = z.discriminatedUnion('operation', [
  call('switch.set', {}),
  call('switch.read', {}),
  call('register.write', { value }),
  call('register.read', {}),
  call('variable.read', {}),
  call('variable.write', { value, ttlMs }),
  call('variable.create', { value, ttlMs }),
  call('variable.cas', { value, ttlMs, version: version.optional(), expect: value.optional() }).refine(
    cas => (cas.version === undefined) !== (cas.expect === undefined),
    'needs either a version or an expected value',
  ),
  call('variable.delete', { version: version.optional() }),
  call('variable.change', { change: z.string(), args: z.array(value).optional() }),
]);

const completed = { ...common, operation: z.string() };
const okEvent = z.strictObject({
  type: z.literal('ok'),
  ...completed,
  ...shown,
  /** The answer to a retry: the state is the one that the first attempt left. */
  duplicate: z.boolean().optional(),
});
const failEvent = z
  .strictObject({
    type: z.literal('fail'),
    ...completed,
    ...z.object(shown).partial().shape,
    error: z.string(),
    /** The answer to a retry: an earlier attempt was refused like this, and the state is a later one. */
    duplicate: z.boolean().optional(),
  })
  .refine(fail => (fail.set === undefined) === (fail.version === undefined), 'shows a state in part')
  .refine(fail => fail.error !== 'unknown', "is 'unknown', which is no failure: record it as info");
const infoEvent = z.strictObject({ type: z.literal('info'), ...completed, error: z.string().optional() });

const historyEvent = z.discriminatedUnion('type', [invokeEvent, okEvent, failEvent, infoEvent]);

/** One event of one process. */
export type HistoryEvent = z.infer<typeof historyEvent>;
type InvokeEvent = z.infer<typeof invokeEvent>;

type ArgumentsOf<Event> = Event extends unknown
  ? Omit<Event, 'type' | 'process' | 'key' | 'time' | 'id'>
  : never;
/** An operation's name and arguments, in the words of the wire. */
export type SynodCall = ArgumentsOf<InvokeEvent>;

/** What a reply shows of the register. `value` is absent when there is none. */
export interface Shown {
  readonly set: boolean;
  readonly version: number;
  readonly value?: Value | undefined;
}

/**
 * `ok-before` answers a retry with what the first attempt did. `refused` shows the state that refused, and
 * `refused-before`, the answer to a retry, any state since. `failed` says only that nothing happened.
 */
export type SynodOutcome =
  | { readonly kind: 'ok' | 'ok-before'; readonly shown: Shown }
  | { readonly kind: 'refused' | 'refused-before'; readonly code: string; readonly shown: Shown }
  | { readonly kind: 'failed'; readonly code: string };

/**
 * Reads a history from JSON lines. Empty lines are skipped.
 * @throws HistoryError code `bad_line`, naming the line.
 */
export function parseHistory(text: string): HistoryEvent[] {
  const events: HistoryEvent[] = [];
  let line = 0;
  for (const content of text.split('\n')) {
    line += 1;
    if (content.trim() !== '') events.push(parseEvent(content, line));
  }
  return events;
}

function parseEvent(content: string, line: number): HistoryEvent {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (cause) {
    throw new HistoryError('bad_line', `Line ${line} of the history is not JSON: ${content}`, { cause });
  }
  const parsed = historyEvent.safeParse(json);
  if (parsed.success) return parsed.data;
  const why = parsed.error.issues
    .map(issue => [...issue.path.map(String), issue.message].join(': '))
    .join('; ');
  throw new HistoryError('bad_line', `Line ${line} of the history is not an event: ${why} (${content})`);
}

/** An event as one line, with its end, ready to be appended. */
function formatEvent(event: HistoryEvent): string {
  return `${JSON.stringify(event)}\n`;
}

export function formatHistory(events: readonly HistoryEvent[]): string {
  return events.map(formatEvent).join('');
}

/**
 * The operations of a history, in the order of their calls.
 * @throws HistoryError code `bad_order` when the events of a process do not fit together.
 */
export function operationsOf(events: readonly HistoryEvent[]): Operation<SynodCall, SynodOutcome>[] {
  return pairOperations(events.map(stepOf));
}

function stepOf(event: HistoryEvent): Step<SynodCall, SynodOutcome> {
  const step = { process: event.process, key: event.key, what: event.operation };
  if (event.type !== 'invoke') return { ...step, kind: 'completed', outcome: outcomeOf(event) };
  const { type, process, key, time, id, ...call } = event;
  return { ...step, kind: 'invoked', call };
}

function outcomeOf(event: Exclude<HistoryEvent, InvokeEvent>): SynodOutcome | 'unknown' {
  switch (event.type) {
    case 'ok':
      return { kind: event.duplicate ? 'ok-before' : 'ok', shown: shownBy(event) };
    case 'fail': {
      const { set, version, value, error } = event;
      if (set === undefined || version === undefined) return { kind: 'failed', code: error };
      const kind = event.duplicate ? 'refused-before' : 'refused';
      return { kind, code: error, shown: shownBy({ set, version, value }) };
    }
    case 'info':
      return 'unknown';
  }
}

function shownBy({ set, version, value }: Shown): Shown {
  return { set, version, value };
}
