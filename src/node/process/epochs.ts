// Carries what nodes say of epochs. What to make of it is actors/epoch-news.ts.

import type { Clock } from '../../actors/clock.ts';
import { EpochNews } from '../../actors/epoch-news.ts';
import type { EpochNote, Membership } from '../../protocol/membership.ts';
import type { Cluster } from '../../transport/envelope-codec.ts';
import { decodeEpoch, encodeEpoch } from '../../transport/epoch-codec.ts';
import { internalSubjects } from '../../transport/subjects.ts';
import type { Transport } from '../../transport/transport.ts';
import { envelopeOf } from './envelope-of.ts';
import type { Log } from './log.ts';

interface EpochParts {
  /** Its id, or its incarnation. */
  readonly sender: string;
  /** As this node knows it by now. */
  readonly cluster: () => Cluster;
  readonly transport: Transport;
  readonly clock: Clock;
  /** To be throttled. */
  readonly log: Log;
  /** What this node is in. */
  readonly own: () => EpochNote;
  /** @param votes whether an acceptor that votes tells it */
  readonly onNewer: (membership: Membership, votes: boolean) => void;
}

export interface Epochs {
  /** A message of that epoch came. */
  meet(epoch: number): void;
  announce(): void;
  close(): void;
}

export function openEpochs(parts: EpochParts): Epochs {
  const { sender, cluster, transport, clock, log, own, onNewer } = parts;
  const { epochs: subject } = internalSubjects(cluster().cluster);
  const news = new EpochNews(own);
  const announce = (): void => transport.publish(subject, encodeEpoch(cluster(), sender, own()));
  const subscription = transport.subscribe(subject, ({ bytes }) => {
    const note = envelopeOf(decodeEpoch(cluster(), bytes), subject, log);
    if (note === undefined) return;
    const { adopt, tells } = news.hears(note, clock.nowMs());
    if (adopt !== undefined) onNewer(adopt, note.votes === true);
    if (tells) announce();
  });
  return {
    meet: epoch => {
      if (news.meets(epoch, clock.nowMs())) announce();
    },
    announce,
    close: () => subscription.close(),
  };
}
