// AVA loads this into the process of each test file: whatever becomes of its tests, the process ends and leaves none
// behind. One that stays holds the run, and what it has started goes on to take the machine's time.

import { readdirSync, readFileSync } from 'node:fs';
import { registerCompletionHandler } from 'ava';

/** What a test that failed has left open may keep its file for so long. */
const LEFT_OPEN_MS = 10_000;

/** As it is before a test hurries time. */
const setRealTimeout = setTimeout;

registerCompletionHandler(() => {
  const end = () => {
    console.error(`Its tests are over, and left open: ${process.getActiveResourcesInfo().join(', ')}\n`);
    process.exit(1);
  };
  setRealTimeout(end, LEFT_OPEN_MS).unref();
});
process.on('exit', killDescendants);
// AVA sends it to a file of which it has heard nothing for too long, and takes `process.exit` there for a mistake of the test.
process.once('SIGTERM', () => {
  killDescendants();
  process.kill(process.pid, 'SIGKILL');
});

function killDescendants(): void {
  const parents = parentsOfAll();
  const mine = new Set([process.pid]);
  // A set goes on to those that are added on the way.
  for (const parent of mine) for (const [pid, its] of parents) if (its === parent) mine.add(pid);
  mine.delete(process.pid);
  for (const pid of mine) kill(pid);
}

/** The parent of each process of the machine; none where there is no /proc. */
function parentsOfAll(): ReadonlyMap<number, number> {
  const parents = new Map<number, number>();
  for (const pid of processes()) {
    const stat = statOf(pid);
    // Between the parentheses is its name, which may have some as well; its state and its parent follow.
    const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    parents.set(pid, Number(parent));
  }
  return parents;
}

function processes(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
