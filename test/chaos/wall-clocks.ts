// Wall clocks that jump, each process's own: libfaketime between a process and the system's clock reads from a file
// how far the time is off. The steady clock is left alone, as it is when a person or NTP sets a machine's time.

import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessSpec } from '../../src/node/local/child.ts';

/** The variant for programs with threads, where Debian has it. */
const LIBRARIES = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1',
];
const LIBRARY = LIBRARIES.find(existsSync);

/** Undefined when clocks can jump here. */
export function clocksProblem(): string | undefined {
  return LIBRARY === undefined
    ? 'libfaketime is not installed (on Debian: apt-get install faketime), so no clock can jump'
    : undefined;
}

export class WallClocks {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The process with a clock of its own, which is right at first. */
  attach(name: string, spec: ProcessSpec): ProcessSpec {
    if (LIBRARY === undefined) return spec;
    this.set(name, 0);
    return { ...spec, env: { ...spec.env, ...this.#environment(name) } };
  }

  /** At once, and for all that is started later. */
  set(name: string, aheadSeconds: number): void {
    const path = this.#path(name);
    // Never seen half written.
    writeFileSync(`${path}.new`, offset(aheadSeconds));
    renameSync(`${path}.new`, path);
  }

  /** @throws Error when a process that runs would not see its wall clock jump, or its steady clock with it. */
  verify(): void {
    this.set('probe', 0);
    const path = this.#path('probe');
    const script = `const before = [Date.now(), performance.now()];
      require('node:fs').writeFileSync(${JSON.stringify(path)}, '${offset(3600)}');
      console.log(JSON.stringify([Date.now() - before[0], performance.now() - before[1]]));`;
    const env = { ...process.env, ...this.#environment('probe') };
    const [wallMs, steadyMs] = JSON.parse(execFileSync(process.execPath, ['-e', script], { env }).toString());
    if (!(wallMs > 3_500_000 && steadyMs < 60_000))
      throw new Error(`Cannot make clocks jump: by ${wallMs} ms, the steady one by ${steadyMs} ms`);
  }

  #environment(name: string): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: LIBRARY ?? '',
      FAKETIME_TIMESTAMP_FILE: this.#path(name),
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }

  #path(name: string): string {
    return join(this.#directory, `${name}.clock`);
  }
}

function offset(aheadSeconds: number): string {
  return `${aheadSeconds < 0 ? '' : '+'}${aheadSeconds}`;
}
