// Why a file that a person named cannot be used, in a sentence that names it.

import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A file that a person named cannot be read or written. */
export class FileError extends Error {}

interface Writing {
  /** `wx` where nothing may be there. */
  readonly flags: 'w' | 'wx';
  readonly mode?: number;
  /** What the person called it, where the file has another name meanwhile. */
  readonly named?: string;
}

/** @throws FileError */
export async function openToRead(path: string): Promise<FileHandle> {
  try {
    return await fileAt(path, 'r');
  } catch (cause) {
    throw new FileError(`Cannot read '${path}': ${reasonOf(cause, 'there is no such file')}`, { cause });
  }
}

/** @throws FileError */
export async function openToWrite(path: string, { flags, mode, named = path }: Writing): Promise<FileHandle> {
  try {
    if (await isDirectory(named)) throw aDirectory();
    return await fileAt(path, flags, mode);
  } catch (cause) {
    const missing = `there is no directory '${dirname(named)}', make it first`;
    throw new FileError(`Cannot write '${named}': ${reasonOf(cause, missing)}`, { cause });
  }
}

async function fileAt(path: string, flags: 'r' | 'w' | 'wx', mode?: number): Promise<FileHandle> {
  const file = await open(path, flags, mode);
  if (!(await file.stat()).isDirectory()) return file;
  await file.close();
  throw aDirectory();
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

function aDirectory(): Error {
  return Object.assign(new Error('it is a directory'), { code: 'EISDIR' });
}

/** @param missing what ENOENT means */
function reasonOf(error: unknown, missing: string): string {
  if (!(error instanceof Error)) return String(error);
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return missing;
    case 'ENOTDIR':
      return 'what it should be in is no directory';
    case 'EEXIST':
      return 'it is there already and is not overwritten, give another name';
    case 'EISDIR':
      return 'it is a directory, give a file';
    case 'EACCES':
    case 'EPERM':
      return 'this user may not';
    case 'EROFS':
      return 'its file system is read-only';
    default:
      return error.message;
  }
}
