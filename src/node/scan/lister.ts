// Lists keys, a page a request: a quorum of acceptors tells which keys they have of one partition after another, and each
// is then read as any other read is, so that what is unset is left out. A key that was set before the first page was asked
// for is on the disk of one acceptor of every quorum, and every acceptor is asked after that.

import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../actors/clock.ts';
import { PARTITIONS, partitionOf } from '../../protocol/partition.ts';
import type { Listed, ListedKey, ListRequest, Place } from '../../transport/list-codec.ts';
import { keyProblem } from '../../transport/subjects.ts';
import type { Transport } from '../../transport/transport.ts';
import type { OwnRequests } from '../engine/own-requests.ts';
import type { Log } from '../process/log.ts';
import { ASK_MS } from './key-pages.ts';
import { PartitionPages, type Whereabouts } from './partition-pages.ts';

interface ListerParts {
  readonly groups: Whereabouts;
  readonly transport: Transport;
  /** To be throttled. */
  readonly log: Log;
  readonly clock: Clock;
  readonly own: OwnRequests;
}

/** Lists at once; one more is `overloaded`. */
const LISTS_MAX = 4;
/** Reads at once of one list. */
const READS_MAX = 32;
/** Partitions that are asked for at once, as long as they have little. */
const PARTITIONS_MAX = 8;
/** A map that is old takes a moment to be replaced. */
const AGAIN_MS = 10;
/** After so long a page ends, however short it is. */
const SCAN_MS = 500;

/** Found in order, up to the place where the scan goes on. */
interface Stretch {
  readonly keys: readonly string[];
  readonly next: Place | undefined;
  /** Whether the scan went through all that was asked for. */
  readonly isWhole: boolean;
}

class Unlisted extends Error {
  readonly kind: Exclude<Listed['kind'], 'page'>;
  constructor(kind: Exclude<Listed['kind'], 'page'>, why: string) {
    super(why);
    this.kind = kind;
  }
}

export class Lister {
  readonly #parts: ListerParts;
  readonly #pages: PartitionPages;
  #waiting = 0;

  constructor(parts: ListerParts) {
    this.#parts = parts;
    // The carrier of the same proposer asks for pages, too.
    this.#pages = new PartitionPages({ ...parts, suffix: 'lister' });
  }

  /** Lists under way. */
  get waiting(): number {
    return this.#waiting;
  }

  close(): void {
    this.#pages.close();
  }

  /** @param sinceMs when it was asked for */
  async list(request: ListRequest, sinceMs: number): Promise<Listed> {
    if (this.#waiting >= LISTS_MAX)
      return { kind: 'overloaded', why: `${LISTS_MAX} lists are under way here: try again later` };
    this.#waiting += 1;
    try {
      return await this.#page(request, sinceMs + request.timeoutMs);
    } catch (error) {
      if (!(error instanceof Unlisted)) throw error;
      return { kind: error.kind, why: error.message };
    } finally {
      this.#waiting -= 1;
    }
  }

  async #page({ prefix, limit, from }: ListRequest, untilMs: number): Promise<Listed> {
    const { clock } = this.#parts;
    const endMs = Math.min(untilMs, clock.nowMs() + SCAN_MS);
    const keys: ListedKey[] = [];
    let next: Place | undefined = from;
    let width = 1;
    do {
      const stretch: Stretch = await this.#stretch(prefix, next, { width, untilMs });
      let taken = 0;
      while (taken < stretch.keys.length && keys.length < limit && (taken === 0 || clock.nowMs() < endMs)) {
        const some = stretch.keys.slice(taken, taken + Math.min(READS_MAX, limit - keys.length));
        keys.push(...(await this.#read(some, untilMs)));
        taken += some.length;
      }
      width = stretch.isWhole ? Math.min(PARTITIONS_MAX, 2 * width) : 1;
      next = taken === stretch.keys.length ? stretch.next : placeBehind(stretch.keys[taken - 1] ?? '');
    } while (next !== undefined && keys.length < limit && clock.nowMs() < endMs);
    return { kind: 'page', keys, next };
  }

  /** What there may be, from that place on in up to `width` partitions. */
  async #stretch(
    prefix: string,
    { partition: first, after }: Place,
    { width, untilMs }: { readonly width: number; readonly untilMs: number },
  ): Promise<Stretch> {
    const start = startOf(prefix);
    const partitions = Array.from({ length: Math.min(width, PARTITIONS - first) }, (_, i) => first + i);
    const parts = await Promise.all(
      partitions.map(partition =>
        this.#part(partition, partition === first && after > start ? after : start, untilMs),
      ),
    );
    const keys: string[] = [];
    for (const [i, part] of parts.entries()) {
      keys.push(...part.keys.filter(key => key.startsWith(prefix)));
      const isPast = part.next === undefined || part.next.slice(0, prefix.length) > prefix;
      if (!isPast) return { keys, next: { partition: first + i, after: part.next ?? '' }, isWhole: false };
    }
    const behind = first + partitions.length;
    return { keys, next: behind < PARTITIONS ? { partition: behind, after: '' } : undefined, isWhole: true };
  }

  async #part(
    partition: number,
    after: string,
    untilMs: number,
  ): Promise<{ readonly keys: readonly string[]; readonly next: string | undefined }> {
    const { clock } = this.#parts;
    do {
      const asksMax = Math.max(1, Math.floor((untilMs - clock.nowMs()) / ASK_MS));
      const page = await this.#pages.page(partition, after, asksMax);
      if (page !== undefined) return page;
      await delay(AGAIN_MS);
    } while (clock.nowMs() < untilMs);
    throw new Unlisted('no_quorum', 'too few acceptors tell which keys they have');
  }

  /** Those that are set. */
  async #read(keys: readonly string[], untilMs: number): Promise<readonly ListedKey[]> {
    const { clock, own } = this.#parts;
    const request = { operation: { type: 'state.read' }, id: undefined } as const;
    const leftMs = untilMs - clock.nowMs();
    const answers = await Promise.all(keys.map(key => own.ask(key, request, leftMs)));
    return answers.flatMap((answer, i) => {
      if (answer.kind === 'overloaded' || answer.kind === 'storage_full')
        throw new Unlisted(answer.kind, answer.why);
      if (answer.kind !== 'done' || answer.whole === undefined)
        throw new Unlisted('no_quorum', answer.kind === 'done' ? 'a key shows no state' : answer.why);
      const { kind, set, version } = answer.whole;
      return set && kind !== undefined ? [{ key: keys[i] ?? '', kind, version }] : [];
    });
  }
}

function placeBehind(key: string): Place {
  return { partition: partitionOf(key), after: key };
}

/** A key, or '', that all keys with the prefix come behind. */
function startOf(prefix: string): string {
  let start = prefix.slice(0, -1);
  while (start !== '' && keyProblem(start) !== undefined) start = start.slice(0, -1);
  return start;
}
