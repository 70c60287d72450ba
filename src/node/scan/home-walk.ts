// Goes through the partitions whose home this is, again and again, slowly, until it is stopped.

import { setTimeout as delay } from 'node:timers/promises';
import { PARTITIONS } from '../../protocol/partition.ts';

/** Rests after a page that was begun then. */
export type Rest = (sinceMs: number) => Promise<void>;

interface HomeWalk {
  readonly isHome: (partition: number) => boolean;
  readonly look: (partition: number, rest: Rest) => Promise<unknown>;
  /** It goes no further. */
  readonly onFailure: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** A partition is looked at so often, or as often as the rests between the pages allow. */
const EVERY_MS = 60_000;
const PARTITION_MS = EVERY_MS / PARTITIONS;
/** After each page it rests for so many times as long as that took. */
const REST = 10;

export function walkHomes({ isHome, look, onFailure, signal }: HomeWalk): void {
  const pause = (ms: number): Promise<void> => delay(ms, undefined, { signal, ref: false });
  const rest: Rest = sinceMs => pause(REST * (performance.now() - sinceMs));
  const goOn = async (): Promise<void> => {
    for (let partition = 0; ; partition = (partition + 1) % PARTITIONS) {
      await pause(PARTITION_MS);
      if (isHome(partition)) await look(partition, rest);
    }
  };
  goOn().catch(error => {
    if (!signal.aborted) onFailure(error);
  });
}
