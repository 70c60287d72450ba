// The log of a node: one line of JSON an event, on stderr.

/** Takes an event by its name, and what is to be known of it. */
export type Log = (event: string, fields?: Readonly<Record<string, unknown>>) => void;

export function stderrLog(node: string): Log {
  return (event, fields) => {
    const line = { time: new Date().toISOString(), node, event, ...fields };
    process.stderr.write(`${JSON.stringify(line)}\n`);
  };
}

/** Passes on the first of each event and then one a second, with how many were left out in between. */
export function throttled(log: Log, everyMs = 1000): Log {
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
    state.untilMs = nowMs + everyMs;
    state.suppressed = 0;
  };
}
