// Taking and restoring backups. A file is written beside its name and gets it once it is whole and synced; it is read
// to its end before anything of it is restored.

import { createReadStream } from 'node:fs';
import { type FileHandle, rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { PARTITIONS } from '../../protocol/partition.ts';
import { BackupError, type BackupHead, BackupReader, BackupWriter, type Saved } from './backup-file.ts';
import { openToRead, openToWrite } from './file-error.ts';
import type { OperatorProposer } from './operator-proposer.ts';

/** @param share of the work that is done, from 0 to 1 */
export type OnProgress = (registers: number, share: number) => void;

const CHUNK_CHARACTERS = 1024 * 1024;
const RESTORED_AT_ONCE = 256;

/** @returns how many registers there are in it. @throws OperatorProposerError; FileError when it cannot be written. */
export async function backUp(
  proposer: OperatorProposer,
  { cluster, path }: { readonly cluster: string; readonly path: string },
  onProgress: OnProgress,
): Promise<number> {
  const beside = `${path}.${process.pid}.part`;
  const file = await openToWrite(beside, { flags: 'wx', named: path });
  try {
    const registers = await writeAll(proposer, cluster, file, onProgress);
    await file.sync();
    await file.close();
    await rename(beside, path);
    return registers;
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(beside, { force: true });
    throw error;
  }
}

async function writeAll(
  proposer: OperatorProposer,
  cluster: string,
  file: FileHandle,
  onProgress: OnProgress,
): Promise<number> {
  const writer = new BackupWriter();
  let unwritten = writer.head(cluster, new Date());
  let registers = 0;
  for await (const { key, state, partition } of proposer.states()) {
    unwritten += writer.register({ key, state });
    registers += 1;
    if (unwritten.length > CHUNK_CHARACTERS) {
      await file.write(unwritten);
      unwritten = '';
    }
    onProgress(registers, partition / PARTITIONS);
  }
  await file.write(unwritten + writer.foot());
  return registers;
}

/** Reads all of it and keeps none. @throws BackupError; FileError when it cannot be read. */
export async function checkBackup(
  path: string,
  onProgress: OnProgress = () => {},
): Promise<{ readonly head: BackupHead; readonly registers: number }> {
  const reader = new BackupReader();
  const file = await openToRead(path);
  const { size } = await file.stat();
  await file.close();
  let registers = 0;
  let bytes = 0;
  for await (const { line } of savedIn(path, reader)) {
    registers += 1;
    bytes += line;
    onProgress(registers, bytes / size);
  }
  return { head: reader.head, registers };
}

interface Restoring {
  readonly path: string;
  readonly cluster: string;
  /** Goes on with a cluster that has something already, if the backup says nothing else of it. */
  readonly isResumed: boolean;
}

/** @returns how many registers were restored. @throws BackupError, OperatorProposerError */
export async function restore(
  proposer: OperatorProposer,
  { path, cluster, isResumed }: Restoring,
  { onChecked, onRestored }: { readonly onChecked?: OnProgress; readonly onRestored?: OnProgress } = {},
): Promise<number> {
  const { head, registers } = await checkBackup(path, onChecked);
  if (head.cluster === cluster) {
    throw new BackupError(
      `The backup is of cluster '${cluster}' itself: restore it in a new cluster with another id (--cluster)`,
    );
  }
  if (!isResumed) await refuseUnlessEmpty(proposer, cluster);
  let restored = 0;
  let waiting: Promise<void>[] = [];
  for await (const { key, state } of savedIn(path, new BackupReader())) {
    waiting.push(proposer.restore(key, state));
    if (waiting.length < RESTORED_AT_ONCE) continue;
    await Promise.all(waiting);
    restored += waiting.length;
    waiting = [];
    onRestored?.(restored, restored / registers);
  }
  await Promise.all(waiting);
  return restored + waiting.length;
}

async function refuseUnlessEmpty(proposer: OperatorProposer, cluster: string): Promise<void> {
  for await (const { key } of proposer.states()) {
    throw new BackupError(
      `Cluster '${cluster}' is not empty, it has '${key}': a backup is restored in an empty cluster; --resume goes on with a restore that was interrupted`,
    );
  }
}

/** With the bytes of each line. */
async function* savedIn(
  path: string,
  reader: BackupReader,
): AsyncGenerator<Saved & { readonly line: number }> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
    const saved = reader.read(line);
    if (saved !== undefined) yield { ...saved, line: line.length + 1 };
  }
  reader.end();
}
