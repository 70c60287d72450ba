// An operator's side of several groups: adds them, and has partitions moved step by step (group-desk.ts). It goes on where an
// earlier one was stopped.

import { randomBytes } from 'node:crypto';
import { evenMoves, type GroupMap, groupMapOf, movingIn } from '../../protocol/group-map.ts';
import { internalSubjects } from '../../transport/subjects.ts';
import type { ClusterConfig } from '../config/config.ts';
import { OperatorLink } from './operator-link.ts';
import { askProposers } from './operator-request.ts';
import { type Done, OperatorError, type TellWaiting, throughPartitions } from './operator-steps.ts';

/** How far a rebalance is. */
export interface MoveProgress {
  /** Partitions that have arrived, of how many. */
  readonly moved: number;
  readonly total: number;
  readonly keys: number;
}

/** A proposer that is at work says so every second. */
const SILENCE_MS = 10_000;
const BEGIN_TIMEOUT_MS = 1000;
/** On their way at once: what is asked for of these is brought first. */
const LOT = 8;
const BRINGS_MAX = 4;
const ATTEMPTS_MAX = 40;

/** @throws TransportError when there is no NATS. */
export async function connectGroupOperator(
  config: ClusterConfig,
  tell?: TellWaiting,
): Promise<GroupOperator> {
  return new GroupOperator(await OperatorLink.open(config, tell));
}

export class GroupOperator {
  readonly #link: OperatorLink;
  #proposer: string | undefined;

  constructor(link: OperatorLink) {
    this.#link = link;
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  /** With the acceptors of the first group as well. @throws OperatorError without a proposer or a quorum. */
  async status(): Promise<GroupMap> {
    return groupMapOf(await this.#patiently({ step: 'status' }));
  }

  /** Makes a group, which these acceptors have formed, one of the cluster's. @throws OperatorError. */
  async add(group: string, acceptors: readonly string[]): Promise<GroupMap> {
    return groupMapOf(await this.#step({ step: 'add', group, acceptors }));
  }

  /** Lets a group go that keeps nothing. @throws OperatorError. */
  async remove(group: string): Promise<GroupMap> {
    return groupMapOf(await this.#step({ step: 'remove', group }));
  }

  /**
   * Shares all partitions out evenly among these groups, with as few moves as that takes, after what is under way.
   * @throws OperatorError.
   */
  async rebalance(
    groups: readonly string[],
    onProgress: (progress: MoveProgress) => void,
  ): Promise<GroupMap> {
    let map = await this.status();
    const stranger = groups.find(name => !map.groups.has(name));
    if (stranger !== undefined) {
      const known = [...map.groups.keys()].join(', ');
      throw new OperatorError(`Cannot do that: there is no group ${stranger}; there are ${known}`);
    }
    let moved = 0;
    let keys = 0;
    for (;;) {
      const moving = movingIn(map);
      const moves = evenMoves(map, groups);
      const total = moved + moving.length + [...moves.keys()].filter(one => !moving.includes(one)).length;
      if (total === moved) return map;
      await this.#bring(moving, brought => {
        moved += brought.partitions.length;
        keys += brought.keys;
        onProgress({ moved, total, keys });
      });
      const next = [...moves].filter(([partition]) => !moving.includes(partition)).slice(0, LOT);
      if (next.length > 0) await this.#patiently({ step: 'move', moves: Object.fromEntries(next) });
      map = await this.status();
    }
  }

  #bring(partitions: readonly number[], onBrought: (brought: Done) => void): Promise<void> {
    return throughPartitions(
      partitions,
      { atOnce: BRINGS_MAX, given: Math.ceil(LOT / BRINGS_MAX) },
      given => this.#patiently({ step: 'bring', partitions: given }),
      onBrought,
    );
  }

  /** What may be asked again as it is. */
  #patiently(body: object): Promise<unknown> {
    return this.#link.patiently(ATTEMPTS_MAX, () => this.#step(body));
  }

  async #step(body: object): Promise<unknown> {
    const { groups, groupsAt, operator } = internalSubjects(this.#link.cluster);
    const at = this.#proposer;
    // One that has answered is alive: any one that is asked may be paused.
    const answer = await askProposers(this.#link.transport, {
      subject: at === undefined ? groups : groupsAt(at),
      inbox: operator(randomBytes(8).toString('hex')),
      bytes: Buffer.from(JSON.stringify(body)),
      timeoutMs: SILENCE_MS,
      beginMs: BEGIN_TIMEOUT_MS,
      onBegin: proposer => {
        this.#proposer = proposer;
      },
    });
    if (answer === undefined && this.#proposer === at) this.#proposer = undefined;
    return this.#link.answerOf(answer);
  }
}
