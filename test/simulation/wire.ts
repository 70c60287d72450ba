// What carries commands and replies: in most runs the objects themselves, in some the bytes of the product's codec.

import type { Command, Reply } from '../../src/protocol/messages.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import {
  type Decoded,
  decodeCommands,
  decodeReplies,
  type Envelope,
  encodeCommands,
  encodeReplies,
} from '../../src/transport/message-codec.ts';
import { decodeNotes, encodeNotes, type Note } from '../../src/transport/pass-codec.ts';
import { Violation } from './violation.ts';

/** Each gives the items as the other side reads them. */
export interface Wire {
  commands(envelope: Envelope<Command>): readonly Command[];
  replies(envelope: Envelope<Reply>): readonly Reply[];
  notes(envelope: Envelope<Note>): readonly Note[];
}

export const OBJECTS: Wire = {
  commands: ({ items }) => items,
  replies: ({ items }) => items,
  notes: ({ items }) => items,
};

export function codecWire(configuration: Configuration): Wire {
  return {
    commands: envelope => itemsOf(decodeCommands(configuration, encodeCommands(configuration, envelope))),
    replies: envelope => itemsOf(decodeReplies(configuration, encodeReplies(configuration, envelope))),
    notes: envelope => itemsOf(decodeNotes(configuration, encodeNotes(configuration, envelope))),
  };
}

function itemsOf<Item>(decoded: Decoded<Item>): readonly Item[] {
  if (decoded.kind === 'envelope') return decoded.envelope.items;
  throw new Violation('the wire carries every message', `A message of ours was refused: ${decoded.why}`);
}
