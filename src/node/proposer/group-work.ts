// What a proposer does for a group of acceptors beside its requests: it collects what was deleted, erases what is left of what was
// moved away, and takes the steps of operators who change the members.

import type { Clock } from '../../actors/clock.ts';
import type { Transport } from '../../transport/transport.ts';
import type { Groups } from '../engine/groups.ts';
import type { OwnRequests } from '../engine/own-requests.ts';
import type { Engine } from '../engine/proposer-engine.ts';
import type { Log } from '../process/log.ts';
import { Collector } from '../scan/collector.ts';
import type { CollectorCounts } from '../scan/collector-counts.ts';
import { Eraser } from '../scan/eraser.ts';
import { MemberDesk } from './member-desk.ts';

interface GroupWorkParts {
  readonly group: string;
  readonly engine: Engine;
  /** They are not there yet while the first of them begins. */
  readonly groups: () => Groups;
  readonly own: OwnRequests;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  readonly isHome: (partition: number) => boolean;
  readonly counts: CollectorCounts;
  /** Whether it collects and erases without being asked to. */
  readonly collects: boolean;
}

/** The map of the groups is waited for so long. */
const LOOK_MS = 250;

export class GroupWork {
  readonly #members: MemberDesk;
  readonly #collector: Collector;
  readonly #eraser: Eraser;

  constructor({ group, engine, groups, own, counts, collects, ...inside }: GroupWorkParts) {
    const { cluster } = engine.configuration();
    const ofGroup = { ...inside, cluster, own: own.of(engine) };
    const ofHome = {
      ...ofGroup,
      incarnation: engine.incarnation,
      configuration: engine.configuration,
      members: () => engine.membership()?.members,
    };
    this.#collector = new Collector({
      ...ofHome,
      counts,
      stayOf: partition => groups().collectibleStay(group, partition),
      onOutbid: engine.outbid,
    });
    this.#eraser = new Eraser({
      ...ofHome,
      placeOf: partition => groups().placeOf(partition),
      endedStays: partition => groups().endedStays(partition),
    });
    if (collects) {
      this.#collector.start();
      this.#eraser.start();
    }
    const looked = (): Promise<void> => groups().looked(LOOK_MS);
    this.#members = new MemberDesk({ ...ofGroup, engine, collector: this.#collector, looked });
  }

  /** What it erased of stays that are over, and what is left to erase. */
  get erasing(): Pick<Eraser, 'erased' | 'left'> {
    return this.#eraser;
  }

  close(): void {
    this.#members.close();
    this.#collector.close();
    this.#eraser.close();
  }
}
