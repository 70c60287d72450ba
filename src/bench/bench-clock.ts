// The clock of the load: when it is, and a call later on. Tests bring one of their own.

export interface BenchClock {
  nowMs(): number;
  /** Calls once after `ms`. @returns what prevents it. */
  after(ms: number, call: () => void): () => void;
}

export function steadyClock(): BenchClock {
  return {
    nowMs: () => performance.now(),
    after: (ms, call) => {
      const timer = setTimeout(call, ms);
      return () => clearTimeout(timer);
    },
  };
}
