// The directory of a local cluster: made where it is missing, or a sentence about what stands in the way.

import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StartError } from '../process/start-error.ts';

/**
 * Makes it with the folders above it, and has `prepare` begin to use it.
 * @throws StartError that names --data and the directory.
 */
export function openDirectory<Result>(directory: string, prepare: () => Result): Result {
  try {
    makeDirectory(directory);
    return prepare();
  } catch (cause) {
    if (cause instanceof StartError) throw cause;
    throw new StartError(
      `Cannot use ${directory} for --data: ${problem(cause)}. Give a directory that can be written to; it is made if it is not there.`,
      { cause },
    );
  }
}

/** Step by step: `recursive` of mkdir tries for ever where a folder cannot be made although its parent is there, as in /proc. */
function makeDirectory(directory: string): void {
  const there = statSync(directory, { throwIfNoEntry: false });
  if (there?.isDirectory() === true) return;
  if (there !== undefined) throw new NotADirectory('it is a file');
  makeDirectory(dirname(directory));
  try {
    mkdirSync(directory);
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

class NotADirectory extends Error {}

function problem(error: unknown): string {
  switch (codeOf(error)) {
    case 'EEXIST':
    case 'ENOTDIR':
      return 'a file is in its way';
    case 'EACCES':
    case 'EPERM':
      return 'this user may not write there';
    case 'EROFS':
      return 'it is on a file system that cannot be written to';
    case 'ENOSPC':
      return 'there is no space on its disk';
    case 'ENOENT':
      return 'nothing can be made there';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
