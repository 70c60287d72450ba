// The memory of processes while something else goes on: the most that each was seen to have, from Linux's /proc.

import { readFileSync } from 'node:fs';

const EVERY_MS = 50;

export class ResidentWatch {
  readonly #timer: NodeJS.Timeout;
  readonly #peaks = new Map<string, number>();

  constructor(pids: ReadonlyMap<string, number>) {
    const look = (): void => {
      for (const [name, pid] of pids)
        this.#peaks.set(name, Math.max(this.#peaks.get(name) ?? 0, residentBytes(pid)));
    };
    look();
    this.#timer = setInterval(look, EVERY_MS);
  }

  /** @returns the most bytes of each. */
  stop(): ReadonlyMap<string, number> {
    clearInterval(this.#timer);
    return this.#peaks;
  }
}

/** 0 for one that has ended. */
export function residentBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(statusOf(pid));
  return Number(match?.[1] ?? 0) * 1024;
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}
