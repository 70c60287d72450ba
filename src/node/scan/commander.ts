// Gives commands to acceptors under a name of its own, beside the proposer of the same process, and hears what they reply:
// for work that goes through all keys.

import { SightingTable } from '../../actors/sightings.ts';
import type { Members } from '../../protocol/memory.ts';
import type { Command, Reply } from '../../protocol/messages.ts';
import { type Configuration, isMember } from '../../protocol/quorum.ts';
import { ALL } from '../../transport/envelope-codec.ts';
import { decodeReplies, encodeCommands, itemBytes } from '../../transport/message-codec.ts';
import { packed } from '../../transport/packing.ts';
import { internalSubjects } from '../../transport/subjects.ts';
import type { Subscription, Transport } from '../../transport/transport.ts';
import { envelopeOf } from '../process/envelope-of.ts';
import type { Log } from '../process/log.ts';

interface CommanderParts {
  /** Its own name, unique for ever. */
  readonly name: string;
  readonly transport: Transport;
  readonly configuration: () => Configuration;
  /** The store of each member; undefined before any change. */
  readonly members: () => Members | undefined;
  /** To be throttled. */
  readonly log: Log;
}

type OnReply = (acceptor: string, reply: Reply) => void;

const ANSWER_MS = 200;

export class Commander {
  readonly #parts: CommanderParts;
  readonly #subscription: Subscription;
  readonly #listeners = new Set<OnReply>();
  readonly #sightings = new SightingTable();

  constructor(parts: CommanderParts) {
    const { name, transport, configuration, log } = parts;
    this.#parts = parts;
    const subject = internalSubjects(configuration().cluster).proposer(name);
    this.#subscription = transport.subscribe(subject, ({ bytes }) => {
      const own = configuration();
      const envelope = envelopeOf(decodeReplies(own, bytes), subject, log);
      if (envelope === undefined) return;
      const { founder, epoch, sender, recipient, items, stamp } = envelope;
      // S6: its engine takes one of the clusters first.
      if (own.founder === undefined && founder !== undefined) return;
      if (recipient !== name || epoch !== own.epoch || !isMember(own, sender)) return;
      if (!this.#sightings.admit(sender, stamp)) return;
      for (const reply of items) for (const listener of this.#listeners) listener(sender, reply);
    });
  }

  get name(): string {
    return this.#parts.name;
  }

  /** At the beginning of some work: who is no member any more may come back as another. */
  begin(): void {
    const members = this.#parts.members();
    if (members !== undefined) this.#sightings.keep(members);
  }

  close(): void {
    this.#subscription.close();
  }

  /** Until `hears` says that this was all, or time is over. */
  hear(ask: () => void, hears: (acceptor: string, reply: Reply) => boolean): Promise<void> {
    return new Promise(resolve => {
      const end = (): void => {
        clearTimeout(timer);
        this.#listeners.delete(listener);
        resolve();
      };
      const timer = setTimeout(end, ANSWER_MS);
      const listener: OnReply = (acceptor, reply) => {
        if (hears(acceptor, reply)) end();
      };
      this.#listeners.add(listener);
      ask();
    });
  }

  /** In the epoch that is given, whichever it is by now: what was gathered there proves nothing in the next one. */
  send(recipient: string, commands: readonly Command[], epoch: number): void {
    const { name, transport, configuration } = this.#parts;
    const own = { ...configuration(), epoch };
    const subjects = internalSubjects(own.cluster);
    const subject = recipient === ALL ? subjects.acceptors : subjects.acceptor(recipient);
    for (const items of packed(commands, itemBytes))
      transport.publish(subject, encodeCommands(own, { sender: name, recipient, items, news: [] }));
  }
}
