// CPU time and memory of the processes of a cluster on this machine, by role, from Linux's /proc.

import { readFileSync } from 'node:fs';
import type { ClusterFile } from '../node/local/cluster-file.ts';

export const ROLES = ['natsServer', 'acceptors', 'proposers', 'client'] as const;
export type Role = (typeof ROLES)[number];

export interface RoleUsage {
  /** Which processes: after a restart there is nothing to compare. */
  readonly pids: readonly number[];
  readonly cpuMs: number;
  readonly residentBytes: number;
}

export type Usage = Readonly<Record<Role, RoleUsage | null>>;

/** Linux counts CPU time for /proc in ticks of this, on every machine. */
const TICK_MS = 10;

/** Null for a role whose processes are not known. `members` is undefined when none are. */
export function usageOf(members: ClusterFile | undefined): Usage {
  return {
    natsServer: roleUsage(members === undefined ? [] : [members.nats.pid]),
    acceptors: roleUsage(members?.acceptors.map(({ pid }) => pid) ?? []),
    proposers: roleUsage(members?.proposers.map(({ pid }) => pid) ?? []),
    client: ownUsage(),
  };
}

/** CPU milliseconds of a role between two samples; null when it is not known. */
export function cpuBetween(before: RoleUsage | null, after: RoleUsage | null): number | null {
  if (before === null || after === null) return null;
  const isSame = before.pids.join() === after.pids.join();
  return isSame ? after.cpuMs - before.cpuMs : null;
}

/** Of this process, with all its threads. */
export function ownUsage(): RoleUsage {
  const { user, system } = process.cpuUsage();
  return {
    pids: [process.pid],
    cpuMs: (user + system) / 1000,
    residentBytes: process.memoryUsage.rss(),
  };
}

/** Null when not all of them are known. */
export function roleUsage(pids: readonly (number | null)[]): RoleUsage | null {
  const known = pids.filter(pid => pid !== null);
  if (known.length === 0 || known.length < pids.length) return null;
  try {
    const each = known.map(pid => ({ cpuMs: cpuMs(pid), residentBytes: residentBytes(pid) }));
    return {
      pids: known,
      cpuMs: each.reduce((sum, one) => sum + one.cpuMs, 0),
      residentBytes: each.reduce((sum, one) => sum + one.residentBytes, 0),
    };
  } catch {
    // No Linux, or a process that just ended: not known, which the report says.
    return null;
  }
}

/** proc(5): fields 14 and 15, counted behind the name, which may hold anything. */
function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

function residentBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (match === null) throw new Error(`/proc/${pid}/status tells no resident memory`);
  return Number(match[1]) * 1024;
}
