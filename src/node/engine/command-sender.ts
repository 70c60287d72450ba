// Sends what a proposer has for acceptors: one publish for all of them, or one each for those that take it.

import type { ProposerOutput } from '../../actors/proposer-actor.ts';
import type { Configuration } from '../../protocol/quorum.ts';
import { ALL } from '../../transport/envelope-codec.ts';
import { encodeCommands, itemBytes } from '../../transport/message-codec.ts';
import { packed } from '../../transport/packing.ts';
import { internalSubjects } from '../../transport/subjects.ts';
import { AcceptorWatch, type AcceptorWatchParts } from './acceptor-watch.ts';

export type Commands = Extract<ProposerOutput, { kind: 'commands' }>;

export class CommandSender {
  readonly #parts: AcceptorWatchParts;
  readonly #subjects: ReturnType<typeof internalSubjects>;
  readonly #watch: AcceptorWatch;

  constructor(parts: AcceptorWatchParts) {
    this.#parts = parts;
    this.#subjects = internalSubjects(parts.cluster);
    this.#watch = new AcceptorWatch(parts);
  }

  send(
    { acceptor: recipient, epoch, commands, reserve, news }: Commands,
    configuration: Configuration,
  ): void {
    const { incarnation: sender, transport } = this.#parts;
    const own = { ...configuration, epoch };
    const places = this.#placesOf(recipient, configuration);
    if (places.length === 0) return;
    for (const items of packed(commands, itemBytes)) {
      const bytes = encodeCommands(own, { sender, recipient, items, reserve, news });
      for (const place of places) transport.publish(place, bytes);
      if (recipient === ALL) this.#watch.sent(bytes.length);
    }
  }

  close(): void {
    this.#watch.close();
  }

  #placesOf(recipient: string, configuration: Configuration): readonly string[] {
    const { acceptor, acceptors } = this.#subjects;
    const reached = this.#watch.reached(configuration);
    if (recipient !== ALL) return reached.includes(recipient) ? [acceptor(recipient)] : [];
    return reached.length === configuration.acceptors.length ? [acceptors] : reached.map(acceptor);
  }
}
