// Files that are read by others while they are written.

import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';

/** A reader sees the old text or the new one, also after a crash of the machine. */
export function writeFileAtomically(path: string, text: string): void {
  const beside = `${path}.${process.pid}.tmp`;
  const file = openSync(beside, 'w');
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(beside, path);
}
