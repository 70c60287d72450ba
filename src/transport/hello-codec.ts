// What acceptors say to each other at a start, and how it travels: one hello, as the item of a message (message-codec.ts).

import type { Hello, Sightings } from '../protocol/memory.ts';
import type { Configuration } from '../protocol/quorum.ts';
import { type Decoded, decodeItems, encodeItems, stampFields, stampOf } from './message-codec.ts';
import { array, counter, Malformed, text } from './message-fields.ts';

/** Of a cluster as large as anybody runs. */
const MEMBERS_MAX = 100;

export function encodeHello(configuration: Configuration, hello: Hello, recipient: string): Uint8Array {
  return encodeItems(configuration, { sender: hello.sender, recipient, items: [hello] }, helloItem);
}

export interface HelloEnvelope {
  readonly recipient: string;
  readonly hello: Hello;
}

export function decodeHello(configuration: Configuration, bytes: Uint8Array): Decoded<Hello, HelloEnvelope> {
  return decodeItems(configuration, bytes, helloOf, ({ recipient, items: [hello, ...others] }) => {
    if (hello === undefined || others.length > 0) throw new Malformed('it is not one hello');
    return { recipient, hello };
  });
}

function helloItem({ stamp, answers, members, isFormed, seen }: Hello): readonly unknown[] {
  const sightings = [...seen].map(([name, { store, incarnation, commits }]) => {
    return [name, store, incarnation, commits];
  });
  return [stampFields(stamp), answers, members === undefined ? null : [...members], isFormed, sightings];
}

function helloOf([stamp, answers, members, isFormed, seen]: readonly unknown[], sender: string): Hello {
  return {
    sender,
    stamp: stampOf(stamp),
    answers: text(answers),
    members: members === null ? undefined : new Map(few(members).map(memberOf)),
    isFormed: isFormed === true,
    seen: seenOf(seen),
  };
}

function memberOf(candidate: unknown): [string, string] {
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

function few(candidate: unknown): readonly unknown[] {
  const entries = array(candidate);
  if (entries.length <= MEMBERS_MAX) return entries;
  throw new Malformed(`${entries.length} members are too many`);
}
