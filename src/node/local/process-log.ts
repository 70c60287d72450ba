// The log file of one supervised process: appended to over its lives, and quoted when it does not come up.

import { closeSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** A log that grew past this is put aside, once, when its process is started. */
const LOG_BYTES_MAX = 16 * 1024 * 1024;
const TAIL_BYTES = 4096;
const TAIL_LINES = 12;

export interface ProcessLog {
  readonly path: string;
  /** To write to; whoever opened the log closes it. */
  readonly descriptor: number;
  /** Where this life of the process begins. */
  readonly offset: number;
}

export function openLog(path: string): ProcessLog {
  mkdirSync(dirname(path), { recursive: true });
  if (sizeOf(path) > LOG_BYTES_MAX) renameSync(path, `${path}.1`);
  const offset = sizeOf(path);
  return { path, descriptor: openSync(path, 'a'), offset };
}

/** The last lines that were written since the log was opened; '' when there are none. */
export function tailOf({ path, offset }: ProcessLog): string {
  const size = sizeOf(path);
  const start = Math.max(offset, size - TAIL_BYTES);
  if (start >= size) return '';
  const bytes = Buffer.alloc(size - start);
  const file = openSync(path, 'r');
  try {
    readSync(file, bytes, 0, bytes.length, start);
  } finally {
    closeSync(file);
  }
  return bytes.toString().trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
