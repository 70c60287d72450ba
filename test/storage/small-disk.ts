// A disk that can be full: a small file system in memory, where the system lets us mount one.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { temporaryDirectory } from './slots.ts';

const run = promisify(execFile);

export interface SmallDisk {
  readonly path: string;
  resize(mebibytes: number): Promise<void>;
}

/** Undefined, with a message in the test's log, where mounting is not allowed. */
export async function smallDisk(t: ExecutionContext, mebibytes: number): Promise<SmallDisk | undefined> {
  const path = await temporaryDirectory(t);
  try {
    const disk = await mountSmallDisk(path, mebibytes);
    t.teardown(() => unmount(path));
    return disk;
  } catch (error) {
    t.log(`Skipped, for a small disk cannot be mounted here: ${error}`);
    return undefined;
  }
}

/** @throws Error where mounting is not allowed. */
export async function mountSmallDisk(path: string, mebibytes: number): Promise<SmallDisk> {
  await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', path]);
  return {
    path,
    resize: async size => {
      await run('mount', ['-o', `remount,size=${size}m`, path]);
    },
  };
}

/** Whoever still has a file open there keeps it. */
export async function unmount(path: string): Promise<void> {
  await run('umount', ['-l', path]);
}
