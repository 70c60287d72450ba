// The system calls of a recorded process that matter here, out of what strace wrote. Knows strace's format, and
// nothing of SQLite or NATS.
//
//   1234 pwrite64(21<\x2f…>, "\x37\x7f…", 24, 32) = 24          or, when another thread comes between,
//   1234 fsync(21<\x2f…> <unfinished ...>   …   1234 <... fsync resumed>) = 0

/**
 * When a call began and ended, as places in the record: two to a line, so that a crash can fall before, into and
 * after every call. `end` is infinite for one that the end of the process cut off.
 */
interface Span {
  readonly start: number;
  readonly end: number;
  /** The file, or 'socket:[…]'. */
  readonly path: string;
}

export type Call = Span &
  (
    | { readonly kind: 'create' | 'remove' | 'sync' }
    | { readonly kind: 'write'; readonly offset: number; readonly bytes: Buffer }
    | { readonly kind: 'truncate'; readonly length: number }
    | { readonly kind: 'send'; readonly bytes: Buffer }
  );

/** What strace is asked for: all that changes files or names, and all that sends. */
export const TRACED = [
  ...['open', 'openat', 'creat', 'unlink', 'unlinkat', 'rename', 'renameat', 'renameat2', 'link', 'linkat'],
  ...['write', 'writev', 'pwrite64', 'pwritev', 'pwritev2', 'sendto', 'sendmsg', 'sendmmsg', 'sendfile'],
  ...['truncate', 'ftruncate', 'fallocate', 'copy_file_range', 'fsync', 'fdatasync', 'sync_file_range'],
  'io_uring_enter',
];

const PLACES_A_LINE = 2;

/**
 * The calls on files whose path `isWatched`, and on sockets, in the order in which they began.
 * @param from the place of the first line.
 */
export function parseCalls(
  text: string,
  isWatched: (path: string) => boolean,
  from = 0,
): { readonly calls: readonly Call[]; readonly to: number } {
  const calls: Call[] = [];
  const unfinished = new Map<string, { readonly text: string; readonly start: number }>();
  const lines = text.split('\n');
  const keep = (line: string, start: number, end: number): void => {
    const call = callOf(line, start, end);
    if (call !== undefined && (call.path.startsWith('socket:') || isWatched(call.path))) calls.push(call);
  };
  for (const [i, line] of lines.entries()) {
    const [thread = ''] = line.split(' ', 1);
    const said = line.slice(thread.length).trimStart();
    const start = from + PLACES_A_LINE * i;
    if (said.endsWith('<unfinished ...>')) {
      unfinished.set(thread, { text: said.slice(0, -'<unfinished ...>'.length), start });
    } else if (said.startsWith('<... ')) {
      const begun = unfinished.get(thread);
      unfinished.delete(thread);
      if (begun !== undefined)
        keep(begun.text + said.slice(said.indexOf('resumed>') + 8), begun.start, start + 1);
    } else if (/^\w+\(/.test(said)) {
      keep(said, start, start + 1);
    }
  }
  for (const { text: cutOff, start } of unfinished.values()) keep(cutOff, start, Number.POSITIVE_INFINITY);
  calls.sort((a, b) => a.start - b.start);
  return { calls, to: from + PLACES_A_LINE * lines.length };
}

function callOf(line: string, start: number, endSeen: number): Call | undefined {
  const result = /\)\s+= (-?\d+|\?)[^"]*$/.exec(line)?.[1] ?? '?';
  if (result.startsWith('-')) return undefined;
  const end = result === '?' ? Number.POSITIVE_INFINITY : endSeen;
  const name = line.slice(0, line.indexOf('('));
  const described = /^\w+\(\d+<([^>]*)>/.exec(line)?.[1];
  const span = { start, end, path: textOf(described ?? firstString(line)) };
  switch (name) {
    case 'open':
    case 'openat':
    case 'creat':
      if (/O_TRUNC/.test(line) || name === 'creat') return { ...span, kind: 'truncate', length: 0 };
      return /O_CREAT/.test(line) ? { ...span, kind: 'create' } : undefined;
    case 'unlink':
    case 'unlinkat':
      return { ...span, kind: 'remove' };
    case 'fsync':
    case 'fdatasync':
      return { ...span, kind: 'sync' };
    case 'ftruncate':
    case 'truncate':
      return { ...span, kind: 'truncate', length: lastNumber(line) };
    case 'pwrite64':
      return { ...span, kind: 'write', offset: lastNumber(line), bytes: bytesOf(line, result) };
    default:
      if (span.path.startsWith('socket:')) return { ...span, kind: 'send', bytes: bytesOf(line, result) };
      return span.path.startsWith('/') ? unmodelled(name, span.path) : undefined;
  }
}

function unmodelled(name: string, path: string): undefined {
  if (!path.includes('/acceptor.db')) return undefined;
  throw new Error(`The acceptor changed ${path} by ${name}, of which these tests know nothing`);
}

const STRING = /"((?:\\x[0-9a-f]{2})*)"/g;

function firstString(line: string): string {
  return line.slice(line.indexOf('"') + 1, line.indexOf('"', line.indexOf('"') + 1));
}

/** All strings of the call, one after another, as far as they were taken. */
function bytesOf(line: string, result: string): Buffer {
  const bytes = Buffer.concat([...line.matchAll(STRING)].map(([, hex = '']) => unescaped(hex)));
  return result === '?' ? bytes : bytes.subarray(0, Number(result));
}

function lastNumber(line: string): number {
  const [behindTheBytes = ''] = line.slice(line.lastIndexOf('"') + 1).split(')');
  return Number([...behindTheBytes.matchAll(/, (\d+)/g)].at(-1)?.[1]);
}

function textOf(escaped: string): string {
  return unescaped(escaped).toString();
}

function unescaped(hex: string): Buffer {
  return Buffer.from(hex.replaceAll('\\x', ''), 'hex');
}
