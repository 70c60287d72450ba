// Tells those who change the members what an acceptor has on disk, a page of a partition at a time (C3). Reads the store
// beside the acceptor's turns, which shows only what is durable (A3), and writes nothing.

import type { Clock } from '../../actors/clock.ts';
import type { Standing } from '../../actors/standing.ts';
import { EMPTY_SLOT } from '../../protocol/acceptor.ts';
import { floorName } from '../../protocol/partition.ts';
import { CLOSED_NAME, closedOf } from '../../storage/closed-record.ts';
import type { Store } from '../../storage/store.ts';
import {
  decodeKeysQuestion,
  encodeKeysPage,
  type KeysPage,
  type KeysQuestion,
  PAGE_KEYS_MAX,
} from '../../transport/keys-codec.ts';
import { MESSAGE_BYTES_MAX } from '../../transport/packing.ts';
import { dueOf } from '../../transport/state-codec.ts';
import { internalSubjects } from '../../transport/subjects.ts';
import type { Message, Subscription, Transport } from '../../transport/transport.ts';
import { envelopeOf } from '../process/envelope-of.ts';
import type { Epochs } from '../process/epochs.ts';
import type { Log } from '../process/log.ts';
import type { Uncollected } from './uncollected.ts';

interface KeyTellerParts {
  readonly id: string;
  readonly transport: Pick<Transport, 'publish' | 'subscribe'>;
  readonly store: Pick<Store, 'load' | 'keysAfter'>;
  readonly standing: Pick<Standing, 'cluster' | 'epoch' | 'mayVote' | 'isSettled'>;
  readonly epochs: Pick<Epochs, 'meet'>;
  readonly clock: Clock;
  /** Told of what passes. */
  readonly uncollected: Pick<Uncollected, 'passed' | 'closed'>;
  /** To be throttled. */
  readonly log: Log;
  /** The store failed, or held something damaged: as in a turn, the acceptor must stop (S4). */
  readonly onFailure: (error: unknown) => void;
}

export function openKeyTeller(parts: KeyTellerParts): Subscription {
  const { id, transport, standing, epochs, log, onFailure } = parts;
  const subjects = internalSubjects(standing.cluster.cluster);
  const answer = async ({ bytes, subject }: Message): Promise<void> => {
    const envelope = envelopeOf(decodeKeysQuestion(standing.cluster, bytes), subject, log);
    if (envelope === undefined) return;
    const { epoch, sender, question } = envelope;
    epochs.meet(epoch);
    // C3: what is on disk from here on is all that was promised and accepted in earlier epochs.
    if (epoch !== standing.epoch || !standing.mayVote || !standing.isSettled) return;
    const page = await pageOf(parts, sender, question);
    transport.publish(
      subjects.pages(sender),
      encodeKeysPage({ ...standing.cluster, epoch }, id, sender, page),
    );
  };
  return transport.subscribe(subjects.keys, message => void answer(message).catch(onFailure));
}

/** With values up to what a message carries. */
async function pageOf(
  { store, id, clock, uncollected }: Pick<KeyTellerParts, 'store' | 'id' | 'clock' | 'uncollected'>,
  sender: string,
  question: KeysQuestion,
): Promise<KeysPage> {
  const nowMs = clock.nowMs();
  const { partition, after, source, isOver } = question;
  const floorKey = floorName(partition);
  const keys = await store.keysAfter(partition, after, PAGE_KEYS_MAX);
  const slots = await store.load([floorKey, CLOSED_NAME, ...keys]);
  let bytes = 0;
  let end = after;
  let isWhole = true;
  const holdings: KeysPage['holdings'][number][] = [];
  const unset: string[] = [];
  for (const key of keys) {
    const { promised, accepted, value } = slots.get(key) ?? EMPTY_SLOT;
    const isTold = source === id && accepted.counter > 0;
    bytes += isTold ? value.length : 0;
    if (bytes > MESSAGE_BYTES_MAX && holdings.length > 0) {
      isWhole = false;
      break;
    }
    end = key;
    if (isOver) {
      const due = dueOf(value, nowMs);
      if (due.isUnset) unset.push(key);
      if (!due.isOver) continue;
    }
    holdings.push({ key, promised, accepted, value: isTold ? value : undefined });
  }
  const { promised: floor, value: remains } = slots.get(floorKey) ?? EMPTY_SLOT;
  const closed = closedOf(slots.get(CLOSED_NAME));
  const isLast = keys.length < PAGE_KEYS_MAX && isWhole;
  uncollected.closed(closed);
  if (isOver) uncollected.passed({ collector: sender, partition, after, end, isLast, unset });
  return {
    ...question,
    floor,
    closedTo: closed.get(partition) ?? -1,
    remains: remains.length === 0 ? undefined : remains,
    holdings,
    isLast,
    end,
  };
}
