// What acceptors say to each other at a start, and how it travels: one hello, as the item of a message (envelope-codec.ts).

import type { Hello, Sightings } from '../protocol/memory.ts';
import { type Cluster, type Decoded, decodeItems, encodeItems } from './envelope-codec.ts';
import { stampFields, stampOf } from './message-codec.ts';
import { array, atMost, counter, oneOf, text } from './message-fields.ts';

/** Its founder is in the envelope. */
type HelloItem = Omit<Hello, 'epoch' | 'founder'>;

/** Of a cluster as large as anybody runs. */
const MEMBERS_MAX = 100;

export function encodeHello({ cluster }: Cluster, hello: Hello, recipient: string): Uint8Array {
  const { founder, epoch, sender } = hello;
  return encodeItems(
    { cluster, founder, epoch },
    { sender, recipient, items: [{ ...hello, kind: 'hello' }] },
    helloItem,
  );
}

export interface HelloEnvelope {
  readonly recipient: string;
  readonly hello: Hello;
}

/** Also of another cluster of the name: what to make of that is actors/standing.ts. */
export function decodeHello({ cluster }: Cluster, bytes: Uint8Array): Decoded<HelloItem, HelloEnvelope> {
  return decodeItems({ cluster }, bytes, helloOf, ({ founder, epoch, recipient, items }) => ({
    recipient,
    hello: { ...oneOf(items), founder, epoch },
  }));
}

function helloItem({ stamp, answers, members, isFormed, seen, votes }: Hello): readonly unknown[] {
  const sightings = [...seen].map(([name, { store, incarnation, commits }]) => {
    return [name, store, incarnation, commits];
  });
  const item = [
    stampFields(stamp),
    answers,
    members === undefined ? null : [...members],
    isFormed,
    sightings,
  ];
  return votes === undefined ? item : [...item, votes];
}

function helloOf(
  [stamp, answers, members, isFormed, seen, votes]: readonly unknown[],
  sender: string,
): HelloItem {
  return {
    sender,
    stamp: stampOf(stamp),
    answers: text(answers),
    members: members === null ? undefined : new Map(few(members).map(memberOf)),
    isFormed: isFormed === true,
    seen: seenOf(seen),
    ...(votes === undefined ? {} : { votes: votes === true }),
  };
}

export function memberOf(candidate: unknown): [string, string] {
  const [name, store] = array(candidate);
  return [text(name), text(store)];
}

function seenOf(candidate: unknown): Sightings {
  return new Map(
    few(candidate).map(entry => {
      const [name, store, incarnation, commits] = array(entry);
      return [
        text(name),
        { store: text(store), incarnation: text(incarnation), commits: counter(commits, 0) },
      ] as const;
    }),
  );
}

export function few(candidate: unknown): readonly unknown[] {
  return atMost(MEMBERS_MAX, 'members', candidate);
}
