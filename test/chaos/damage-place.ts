// Where the acceptor that is damaged has its files: a directory of its own, which may be another user's or a small
// disk.

import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessSpec } from '../../src/node/local/child.ts';
import { mountSmallDisk, type SmallDisk, unmount } from '../storage/small-disk.ts';
import type { ClusterDamage } from './damage-kinds.ts';

const SMALL_MEBIBYTES = 24;
/** `nobody`. */
const USER = 65_534;

export interface DamagePlace {
  readonly data: string;
  readonly disk: SmallDisk | undefined;
  /** The acceptor, started there. */
  placed(spec: ProcessSpec, dataBefore: string): ProcessSpec;
  close(): Promise<void>;
}

/** @returns why there is no such place on this machine, or the place. */
export async function openPlace(place: ClusterDamage['place']): Promise<DamagePlace | string> {
  const data = mkdtempSync(join(tmpdir(), 'synod-damaged-'));
  const isOtherUser = place === 'without rights' && process.getuid?.() === 0;
  const remove = (): void => rmSync(data, { recursive: true, force: true });
  let disk: SmallDisk | undefined;
  try {
    if (place === 'small disk') disk = await mountSmallDisk(data, SMALL_MEBIBYTES);
  } catch (error) {
    remove();
    return `a small disk cannot be mounted here: ${error}`;
  }
  if (isOtherUser) chownSync(data, USER, USER);
  return {
    data,
    disk,
    placed: (spec, dataBefore) => {
      const args = spec.args.map(arg => (arg === dataBefore ? data : arg));
      if (!isOtherUser) return { ...spec, args };
      // Permissions mean nothing to root.
      const as = [`--reuid=${USER}`, `--regid=${USER}`, '--clear-groups'];
      return { ...spec, command: 'setpriv', args: [...as, spec.command, ...args] };
    },
    close: async () => {
      if (disk !== undefined) await unmount(data);
      remove();
    },
  };
}
