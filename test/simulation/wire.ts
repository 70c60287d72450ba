// What carries messages: in most runs the objects themselves, in some the bytes of the product's codec.

import type { EpochNote } from '../../src/protocol/membership.ts';
import type { Hello } from '../../src/protocol/memory.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import type { Decoded, Envelope, Unsent } from '../../src/transport/envelope-codec.ts';
import { decodeEpoch, encodeEpoch } from '../../src/transport/epoch-codec.ts';
import { decodeHello, encodeHello } from '../../src/transport/hello-codec.ts';
import {
  type CommandEnvelope,
  decodeCommands,
  decodeReplies,
  encodeCommands,
  encodeReplies,
  type ReplyEnvelope,
} from '../../src/transport/message-codec.ts';
import { decodeNotes, encodeNotes, type Note } from '../../src/transport/pass-codec.ts';
import { Violation } from './violation.ts';

/** Each gives the items as the other side reads them. */
export interface Wire {
  commands(envelope: CommandEnvelope): CommandEnvelope;
  replies(envelope: ReplyEnvelope): ReplyEnvelope;
  notes(envelope: Unsent<Envelope<Note>>): readonly Note[];
  hello(hello: Hello, recipient: string): Hello;
  epoch(sender: string, note: EpochNote): EpochNote;
}

export const OBJECTS: Wire = {
  commands: envelope => envelope,
  replies: envelope => envelope,
  notes: ({ items }) => items,
  hello: hello => hello,
  epoch: (_, note) => note,
};

export function codecWire(configuration: Configuration): Wire {
  return {
    commands: envelope => {
      const { epoch } = envelope;
      return wholeOf(decodeCommands(configuration, encodeCommands({ ...configuration, epoch }, envelope)));
    },
    replies: envelope => {
      const { epoch } = envelope;
      return wholeOf(decodeReplies(configuration, encodeReplies({ ...configuration, epoch }, envelope)));
    },
    notes: envelope => wholeOf(decodeNotes(configuration, encodeNotes(configuration, envelope))).items,
    hello: (hello, recipient) =>
      wholeOf(decodeHello(configuration, encodeHello(configuration, hello, recipient))).hello,
    epoch: (sender, note) => wholeOf(decodeEpoch(configuration, encodeEpoch(configuration, sender, note))),
  };
}

function wholeOf<Item, Whole>(decoded: Decoded<Item, Whole>): Whole {
  if (decoded.kind === 'envelope') return decoded.envelope;
  throw new Violation('the wire carries every message', `A message of ours was refused: ${decoded.why}`);
}
