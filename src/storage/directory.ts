// Directories whose names survive a crash of the machine. SQLite syncs the directory of its own files when it
// creates them; the directories above it are ours.

import { mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Creates `path` and what is missing above it, and makes every new name durable in its parent. */
export async function createDirectory(path: string): Promise<void> {
  const target = resolve(path);
  const topmost = await mkdir(target, { recursive: true });
  if (topmost === undefined) return;
  for (let created = target; created.length >= topmost.length; created = dirname(created)) {
    await syncDirectory(dirname(created));
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
