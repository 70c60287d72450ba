// One supervisor a directory. A lock file names the process that holds it; one whose process has gone is taken
// over. It protects against mistakes on one machine; the acceptors' own files have locks that always hold.

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from '../process/start-error.ts';

const LOCK_FILE = 'supervisor.lock';

/** @returns what releases it. @throws StartError when a live process holds it. */
export function lockDirectory(directory: string): () => void {
  const path = join(directory, LOCK_FILE);
  const own = identityOf(process.pid);
  if (!createdExclusively(path, own)) {
    const holder = readFileSync(path, 'utf8').trim();
    if (isAlive(holder)) throw heldBy(directory, holder);
    // Moved aside and looked at again: somebody else may have taken it over in between.
    const aside = `${path}.${process.pid}`;
    renameSync(path, aside);
    const isSame = readFileSync(aside, 'utf8').trim() === holder;
    if (isSame) rmSync(aside);
    else renameSync(aside, path);
    if (!isSame || !createdExclusively(path, own)) throw heldBy(directory, readFileSync(path, 'utf8').trim());
  }
  return () => rmSync(path, { force: true });
}

function createdExclusively(path: string, text: string): boolean {
  try {
    writeFileSync(path, `${text}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** The pid and, where /proc tells it, when the process began: pids are used again. */
function identityOf(pid: number): string {
  return `${pid} ${startOf(pid)}`.trim();
}

function isAlive(identity: string): boolean {
  const [pid = ''] = identity.split(' ');
  if (!/^\d+$/.test(pid)) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  return identityOf(Number(pid)) === identity;
}

/** Field 22 of /proc/PID/stat; counted behind the command's name, which may hold spaces and brackets. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function heldBy(directory: string, holder: string): StartError {
  const [pid] = holder.split(' ');
  return new StartError(
    `Cannot use ${directory}: another \`synod up\` (pid ${pid}) runs on it. Stop that one, or give another --data DIR.`,
  );
}
