// Compares what the acceptors of a running cluster hold, partition by partition, while clients go on. Asks one acceptor
// at a time, and stops when one falls silent: an acceptor that finds a damaged row ends, and a second one must not
// be led to end as well.

import { setTimeout as sleep } from 'node:timers/promises';
import { compareBallots, ZERO_BALLOT } from '../../protocol/ballot.ts';
import { compareHoldings, type Holding, type Holdings, ruleBroken } from '../../protocol/comparison.ts';
import { PARTITIONS } from '../../protocol/partition.ts';
import { type Configuration, isQuorum, quorumSize } from '../../protocol/quorum.ts';
import { LISTED_KEYS_MAX } from '../../transport/listing-codec.ts';
import type { AcceptorStatus } from './ping.ts';

/** Whom the check asks. */
export interface Questioner {
  /** Undefined without an answer. */
  status(acceptor: string): Promise<AcceptorStatus | undefined>;
  /** All that it holds of a partition. @throws when it falls silent. */
  partition(acceptor: string, partition: number): Promise<ReadonlyMap<string, Holding>>;
  /** What it holds of these keys, at most LISTED_KEYS_MAX. @throws when it falls silent. */
  keys(acceptor: string, keys: readonly string[]): Promise<ReadonlyMap<string, Holding>>;
}

export interface MemberReport {
  readonly id: string;
  readonly status: AcceptorStatus['status'] | 'silent';
  /** Why it does not vote; '' for nothing. */
  readonly why: string;
  /** The following are of those that vote: the others are not asked. Keys with a value, or a delete, that it holds. */
  readonly keys: number;
  /** Those of all keys that a quorum holds at a newer ballot. It was away then, and that is harmless. */
  readonly behind: number;
  /** Those that it holds at a newer ballot than a quorum does: rounds that nobody finished. Few of them are harmless. */
  readonly ahead: number;
}

export interface ClusterReport {
  readonly members: readonly MemberReport[];
  readonly keys: number;
  /** A state of theirs stands on a quorum. */
  readonly settled: number;
  /** They had no such state at any look, and changed from the last but one to the last. */
  readonly moving: number;
  /** No state of theirs stands on a quorum, and nothing moves; at most NAMED_MAX of them are named. */
  readonly unsettled: number;
  readonly unsettledKeys: readonly string[];
  /** Broken rules of the protocol, in sentences, at most NAMED_MAX of them. */
  readonly faults: number;
  readonly faultTexts: readonly string[];
  /** What is left of partitions that were moved to other groups. It is not counted as anything else but a fault. */
  readonly left: number;
}

export const NAMED_MAX = 100;

interface CheckOptions {
  readonly onProgress: (partitions: number, keys: number) => void;
  /** Whether a key, as the acceptors name it, is of a stay that is over: nobody reads it any more (G1). */
  readonly isOver?: (name: string) => boolean;
  /** Between two looks at what differs. */
  readonly pauseMs?: number;
}

/** A round in hand takes milliseconds; what stands still over so many looks is not in hand. */
const LOOKS_MAX = 4;
const PAUSE_MS = 250;

/** @throws Error with a sentence when less than a quorum votes, or when one of them falls silent. */
export async function checkCluster(
  configuration: Configuration,
  questioner: Questioner,
  options: CheckOptions,
): Promise<ClusterReport> {
  const { acceptors } = configuration;
  const statuses = new Map<string, AcceptorStatus | undefined>();
  for (const id of acceptors) statuses.set(id, await questioner.status(id));
  const voters = acceptors.filter(id => statuses.get(id)?.status === 'voting');
  if (!isQuorum(configuration, voters)) {
    const said = acceptors.map(id => `${id} ${statuses.get(id)?.status ?? 'silent'}`).join(', ');
    throw new Error(
      `Cannot compare: ${quorumSize(configuration)} of ${acceptors.length} must vote (${said})`,
    );
  }
  const check = new Check(configuration, questioner, voters, options);
  for (let partition = 0; partition < PARTITIONS; partition++) await check.look(partition);
  const members = acceptors.map(id => {
    const { status, why } = statuses.get(id) ?? { status: 'silent' as const, why: '' };
    return { id, status, why, ...check.standingOf(id) };
  });
  return { members, ...check.counts() };
}

class Check {
  readonly #configuration: Configuration;
  readonly #questioner: Questioner;
  readonly #voters: readonly string[];
  readonly #options: CheckOptions;
  readonly #keysOf = new Map<string, number>();
  readonly #behindOf = new Map<string, number>();
  readonly #aheadOf = new Map<string, number>();
  readonly #unsettledKeys: string[] = [];
  readonly #faultTexts: string[] = [];
  #keys = 0;
  #settled = 0;
  #moving = 0;
  #unsettled = 0;
  #faults = 0;
  #left = 0;

  constructor(
    configuration: Configuration,
    questioner: Questioner,
    voters: readonly string[],
    options: CheckOptions,
  ) {
    this.#configuration = configuration;
    this.#questioner = questioner;
    this.#voters = voters;
    this.#options = options;
  }

  standingOf(id: string): Pick<MemberReport, 'keys' | 'behind' | 'ahead'> {
    const of = (counts: ReadonlyMap<string, number>): number => counts.get(id) ?? 0;
    return { keys: of(this.#keysOf), behind: of(this.#behindOf), ahead: of(this.#aheadOf) };
  }

  counts(): Omit<ClusterReport, 'members'> {
    return {
      keys: this.#keys,
      settled: this.#settled,
      moving: this.#moving,
      unsettled: this.#unsettled,
      unsettledKeys: this.#unsettledKeys,
      faults: this.#faults,
      faultTexts: this.#faultTexts,
      left: this.#left,
    };
  }

  async look(partition: number): Promise<void> {
    let reads = await this.#ask(id => this.#questioner.partition(id, partition));
    this.#keys += [...reads.keys()].filter(key => !this.#isOver(key)).length;
    const history = new Map<string, Holdings[]>();
    for (const [key, holdings] of reads) history.set(key, [holdings]);
    for (let looks = 1; ; looks++) {
      const unclear = [...reads.keys()].filter(key => !this.#isClear(key, history));
      if (unclear.length === 0 || looks === LOOKS_MAX) break;
      await sleep(this.#options.pauseMs ?? PAUSE_MS);
      reads = await this.#askAgain(unclear);
      for (const [key, holdings] of reads) history.get(key)?.push(holdings);
    }
    for (const [key, looked] of history) this.#count(key, looked);
    this.#options.onProgress(partition + 1, this.#keys);
  }

  #isClear(key: string, history: ReadonlyMap<string, readonly Holdings[]>): boolean {
    const looks = history.get(key) ?? [];
    const last = looks.at(-1);
    return (
      ruleBroken(key, looks) !== undefined ||
      this.#isOver(key) ||
      (last !== undefined && this.#compare(last).standing !== undefined)
    );
  }

  #isOver(key: string): boolean {
    return this.#options.isOver?.(key) ?? false;
  }

  #count(key: string, looks: readonly Holdings[]): void {
    const broken = ruleBroken(key, looks);
    if (broken === undefined && this.#isOver(key)) {
      this.#left += 1;
      return;
    }
    const [last = new Map(), before = last] = looks.toReversed();
    const { newest, standing } = this.#compare(last);
    for (const id of this.#voters) {
      const held = last.get(id);
      if (held !== undefined) increase(this.#keysOf, id);
      const order = compareBallots(held?.accepted ?? ZERO_BALLOT, standing ?? newest);
      if (standing !== undefined && order < 0) increase(this.#behindOf, id);
      if (standing !== undefined && order > 0) increase(this.#aheadOf, id);
    }
    const isMoving = compareBallots(newest, this.#compare(before).newest) !== 0;
    if (broken !== undefined) {
      this.#faults += 1;
      if (this.#faultTexts.length < NAMED_MAX) this.#faultTexts.push(broken);
    } else if (standing !== undefined) {
      this.#settled += 1;
    } else if (isMoving) {
      this.#moving += 1;
    } else {
      this.#unsettled += 1;
      if (this.#unsettledKeys.length < NAMED_MAX) this.#unsettledKeys.push(key);
    }
  }

  #compare(holdings: Holdings): ReturnType<typeof compareHoldings> {
    return compareHoldings(this.#configuration, holdings);
  }

  async #askAgain(keys: readonly string[]): Promise<Map<string, Map<string, Holding>>> {
    const found = new Map(keys.map(key => [key, new Map<string, Holding>()]));
    for (let from = 0; from < keys.length; from += LISTED_KEYS_MAX) {
      const some = keys.slice(from, from + LISTED_KEYS_MAX);
      const held = await this.#ask(id => this.#questioner.keys(id, some));
      for (const [key, holdings] of held) found.set(key, holdings);
    }
    return found;
  }

  /** By key, what each voter holds of it. */
  async #ask(
    question: (id: string) => Promise<ReadonlyMap<string, Holding>>,
  ): Promise<Map<string, Map<string, Holding>>> {
    const found = new Map<string, Map<string, Holding>>();
    for (const id of this.#voters) {
      for (const [key, holding] of await question(id)) {
        const holdings = found.get(key) ?? new Map<string, Holding>();
        found.set(key, holdings.set(id, holding));
      }
    }
    return found;
  }
}

function increase(counts: Map<string, number>, id: string): void {
  counts.set(id, (counts.get(id) ?? 0) + 1);
}
