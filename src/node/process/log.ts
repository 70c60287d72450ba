// The log of a node: an event a line, on stderr. The only file that knows `pino`.

import { destination, pino, stdTimeFunctions } from 'pino';

/** Takes an event by its name, and what is to be known of it. */
export type Log = (event: string, fields?: Readonly<Record<string, unknown>>) => void;

/** `auto`: text on a terminal, JSON elsewhere. */
export type LogFormat = 'auto' | 'text' | 'json';

/** Events that somebody may have to do something about; all others are `info`. */
const LEVELS: Readonly<Record<string, 'warn' | 'error'>> = {
  acceptor_distrusted: 'warn',
  acceptor_silent: 'warn',
  collector_failed: 'warn',
  eraser_failed: 'warn',
  group_step_failed: 'warn',
  membership_step_failed: 'warn',
  message_refused: 'warn',
  nats_refused: 'warn',
  passes_taken_over: 'warn',
  quarantined: 'error',
  request_failed: 'warn',
  slow_request: 'warn',
  standing_aside: 'error',
  storage_full: 'error',
};

export function stderrLog(node: string, format: LogFormat = 'auto'): Log {
  const isText = format === 'text' || (format === 'auto' && process.stderr.isTTY === true);
  // Synchronous: what is said before an end is the most interesting.
  const stderr = destination({ fd: 2, sync: true });
  // Whoever reads it no more, or has no space, is no reason to end a node.
  stderr.on('error', () => undefined);
  return logTo(isText ? { write: line => void stderr.write(textOf(line)) } : stderr, node);
}

/** Where lines go. Not named by the library, whose types those who use the package need not have. */
interface Lines {
  write(line: string): void;
}

/** One line of JSON an event: `{"level","time","node",…fields,"event"}`. */
export function logTo(stream: Lines, node: string): Log {
  const logger = pino(
    {
      base: { node },
      messageKey: 'event',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: level => ({ level }) },
    },
    stream,
  );
  return (event, fields = {}) => logger[LEVELS[event] ?? 'info'](fields, event);
}

const MARKS: Readonly<Record<string, string>> = { warn: 'warning ', error: 'ERROR ' };

/** The same line for a person: `18:30:05.123 a1 ready storeId=…`. */
export function textOf(line: string): string {
  const { level, time, node, event, ...fields }: Record<string, unknown> = JSON.parse(line);
  const shown = Object.entries(fields).map(([name, value]) => {
    return ` ${name}=${typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)}`;
  });
  return `${String(time).slice(11, 23)} ${node} ${MARKS[String(level)] ?? ''}${event}${shown.join('')}\n`;
}

const THROTTLE_MS = 1000;

/** Passes on the first of each event and then one a second, with how many were left out in between. */
export function throttled(log: Log): Log {
  const states = new Map<string, { untilMs: number; suppressed: number }>();
  return (event, fields) => {
    const nowMs = performance.now();
    const state = states.get(event) ?? { untilMs: 0, suppressed: 0 };
    states.set(event, state);
    if (nowMs < state.untilMs) {
      state.suppressed += 1;
      return;
    }
    log(event, state.suppressed > 0 ? { ...fields, suppressed: state.suppressed } : fields);
    state.untilMs = nowMs + THROTTLE_MS;
    state.suppressed = 0;
  };
}
