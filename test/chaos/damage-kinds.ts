// What is done to the files of one acceptor of a running cluster: all that test/durability does to files alone, and
// lost permissions and a full disk.

import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Files } from '../durability/aged-files.ts';
import { FILE_DAMAGES, type FileDamage, type Sources } from '../durability/damages.ts';
import type { Dice } from '../simulation/dice.ts';
import type { SmallDisk } from '../storage/small-disk.ts';

export interface Scene {
  /** The directory of the acceptor. */
  readonly data: string;
  /** Files of its past and its present, and another's. */
  readonly sources: Sources;
  readonly disk: SmallDisk | undefined;
  readonly dice: Dice;
  /** From 0 to below 1, over the cases of one kind. */
  readonly share: number;
}

export interface ClusterDamage {
  readonly kind: string;
  /** There is but one case of it. */
  readonly isWhole: boolean;
  /** How the acceptor ends before, to be started again after; undefined when it goes on. */
  readonly ending: 'kill' | 'restart' | undefined;
  /** What the acceptor has: the files of this user, those of a user without rights, or a disk of a few MiB. */
  readonly place: 'usual' | 'without rights' | 'small disk';
  /** All acceptors are hit at once, which must lose what was acknowledged: the judges are judged. */
  readonly isControl: boolean;
  /** False when its files have no such place. */
  readonly harm: (scene: Scene) => boolean;
  readonly mend: (scene: Scene) => Promise<void>;
}

const DATABASE = 'acceptor.db';
const WAL = `${DATABASE}-wal`;
const SHARED_MEMORY = `${DATABASE}-shm`;
const BALLAST = 'ballast';
const ROOMY_MEBIBYTES = 256;

export const CLUSTER_DAMAGES: readonly ClusterDamage[] = [
  ...FILE_DAMAGES.map(ofFiles),
  lostRights('files unreadable', 'kill', ({ data }) => chmodAll(data, 0)),
  lostRights('files read-only', 'kill', ({ data }) => chmodAll(data, 0o444)),
  lostRights('directory read-only', 'restart', ({ data }) => chmodSync(data, 0o555)),
  fullDisk('disk full', undefined),
  fullDisk('disk full, and killed', 'kill'),
  {
    kind: 'control: all three emptied',
    isWhole: true,
    ending: 'kill',
    place: 'usual',
    isControl: true,
    harm: ({ data }) => {
      writeFiles(data, { database: undefined, wal: undefined });
      return true;
    },
    mend: async () => {},
  },
];

export function readFiles(data: string): Files {
  return { database: read(join(data, DATABASE)), wal: read(join(data, WAL)) };
}

export function writeFiles(data: string, { database, wal }: Files): void {
  for (const name of [DATABASE, WAL, SHARED_MEMORY]) rmSync(join(data, name), { force: true });
  if (database !== undefined) writeFileSync(join(data, DATABASE), database);
  if (wal !== undefined) writeFileSync(join(data, WAL), wal);
}

function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

function ofFiles({ kind, to, isWhole, files }: FileDamage): ClusterDamage {
  return {
    kind: to === 'closed' && isWhole ? `${kind}, orderly end` : kind,
    isWhole,
    ending: to === 'killed' ? 'kill' : 'restart',
    place: 'usual',
    isControl: false,
    harm: ({ data, sources, dice, share }) => {
      const damaged = files(sources, dice, share);
      if (damaged !== undefined) writeFiles(data, damaged);
      return damaged !== undefined;
    },
    mend: async ({ data, sources }) => writeFiles(data, sources[to]),
  };
}

function lostRights(kind: string, ending: 'kill' | 'restart', harm: (scene: Scene) => void): ClusterDamage {
  return {
    kind,
    isWhole: true,
    ending,
    place: 'without rights',
    isControl: false,
    harm: scene => {
      harm(scene);
      return true;
    },
    mend: async ({ data }) => {
      chmodSync(data, 0o755);
      chmodAll(data, 0o644);
    },
  };
}

function chmodAll(data: string, mode: number): void {
  for (const name of [DATABASE, WAL, SHARED_MEMORY])
    if (read(join(data, name)) !== undefined) chmodSync(join(data, name), mode);
}

function fullDisk(kind: string, ending: 'kill' | undefined): ClusterDamage {
  return {
    kind,
    isWhole: true,
    ending,
    place: 'small disk',
    isControl: false,
    // It was filled before.
    harm: () => true,
    mend: async ({ disk }) => disk?.resize(ROOMY_MEBIBYTES),
  };
}

/** Until not a byte more goes in. */
export function fill(directory: string): void {
  const path = join(directory, BALLAST);
  for (const bytes of [1024 * 1024, 4096, 1]) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(bytes), { flag: 'a' });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }
}
