// Where and when was measured.

import { readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, tmpdir, totalmem } from 'node:os';

export interface Machine {
  /** ISO 8601. */
  readonly time: string;
  readonly system: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly node: string;
  /** Where the data was: the directory for temporary files. */
  readonly disk: string;
  /** Of the minute before the first measurement: what else ran. */
  readonly loadAverage: number;
}

/** Figures of a disk that is memory say nothing about syncs. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  61267: 'ext4',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  2035054128: 'overlayfs',
  16914836: 'tmpfs (memory: nothing is synced)',
};

export function thisMachine(): Machine {
  return {
    time: new Date().toISOString(),
    system: `${distribution()}, kernel ${release()}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    node: process.versions.node,
    disk: FILE_SYSTEMS[statfsSync(tmpdir()).type] ?? 'of an unknown kind',
    loadAverage: loadavg()[0] ?? 0,
  };
}

export function machineText({
  time,
  system,
  cpu,
  cores,
  memoryBytes,
  node,
  disk,
  loadAverage,
}: Machine): string {
  const gigabytes = Math.round(memoryBytes / 2 ** 30);
  return (
    `Measured ${time.slice(0, 16).replace('T', ' ')} UTC on ${cores} cores of ${cpu}, ${gigabytes} GB, ${system}, Node ${node}; ` +
    `data on ${disk}; load average before the start ${loadAverage.toFixed(1)}.`
  );
}

function distribution(): string {
  try {
    return /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? process.platform;
  } catch {
    return process.platform;
  }
}
