// What an acceptor's file takes of its disk.

import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface DiskUse {
  /** Of the file with its WAL. */
  readonly bytes: number;
  readonly freeBytes: number;
}

export async function diskUse(path: string): Promise<DiskUse> {
  const sizes = await Promise.all(['', '-wal', '-shm'].map(ending => sizeOf(path + ending)));
  const { bavail, bsize } = await statfs(dirname(path));
  return { bytes: sizes.reduce((sum, size) => sum + size, 0), freeBytes: bavail * bsize };
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}
