// What proposers say to each other, and how it travels: notes, as the items of a message (envelope-codec.ts).

import {
  type Cluster,
  type Decoded,
  decodeItems,
  type Envelope,
  type Epoch,
  encodeItems,
  type Unsent,
} from './envelope-codec.ts';
import { array, counter, Malformed, text } from './message-fields.ts';
import type { EncodedReply } from './reply-codec.ts';
import { shown } from './shown.ts';
import { traceOf } from './trace.ts';

/** A client's request as it came: read only where it is executed. */
export interface RawRequest {
  readonly subject: string;
  /** Where the answer is expected, or ''. */
  readonly reply: string;
  /** The `Nats-Msg-Id` header. */
  readonly id: string | undefined;
  /** The `traceparent` header (W3C Trace Context), for whoever looks for the cause of a slow request. */
  readonly trace: string | undefined;
  readonly bytes: Uint8Array;
}

export type Note =
  /** I live; `number` is the highest pass number that I know of. */
  | {
      readonly kind: 'present';
      readonly number: number;
      /** Whether I turn away what is asked of me. */
      readonly isFull?: boolean;
    }
  /** Pass nothing to me any more. */
  | { readonly kind: 'leaving' }
  | { readonly kind: 'pass'; readonly number: number; readonly request: RawRequest }
  /** Nothing but a number, to be acknowledged. */
  | { readonly kind: 'probe'; readonly number: number }
  /** What was passed to me with the numbers from `first` to `last` is mine now. */
  | { readonly kind: 'taken'; readonly first: number; readonly last: number }
  /** What you passed to me under this number is not applied and never will be: tell the client so, unless you served it. */
  | {
      readonly kind: 'returned';
      readonly number: number;
      readonly reply: string;
      readonly told: EncodedReply;
    };

const PRESENT = 0;
const LEAVING = 1;
const PASS = 2;
const PROBE = 3;
const TAKEN = 4;
const RETURNED = 5;
const SUBJECT_CHARACTERS_MAX = 4096;
const HEADER_CHARACTERS_MAX = 65_536;

export function encodeNotes(own: Epoch, envelope: Unsent<Envelope<Note>>): Uint8Array {
  return encodeItems(own, envelope, noteItem);
}

export function decodeNotes(cluster: Cluster, bytes: Uint8Array): Decoded<Note> {
  return decodeItems(cluster, bytes, noteOf);
}

/** About how many bytes a note takes. */
export function noteBytes(note: Note): number {
  if (note.kind === 'pass') return rawBytes(note.request) + 16;
  return note.kind === 'returned' ? 3 * note.told.bytes.length + note.reply.length + 64 : 32;
}

export function rawBytes({ subject, reply, id = '', bytes }: RawRequest): number {
  return subject.length + reply.length + 3 * id.length + bytes.length + 16;
}

function noteItem(note: Note): readonly unknown[] {
  switch (note.kind) {
    case 'present':
      return note.isFull === true ? [PRESENT, note.number, true] : [PRESENT, note.number];
    case 'leaving':
      return [LEAVING];
    case 'pass': {
      const { subject, reply, id, bytes, trace } = note.request;
      const item = [PASS, note.number, subject, reply, bytes, id ?? null];
      return trace === undefined ? item : [...item, trace];
    }
    case 'probe':
      return [PROBE, note.number];
    case 'taken':
      return [TAKEN, note.first, note.last];
    case 'returned':
      return [RETURNED, note.number, note.reply, note.told.bytes, [...(note.told.headers ?? [])]];
  }
}

function noteOf([kind, a, b, c, d, e, f]: readonly unknown[]): Note {
  switch (kind) {
    case PRESENT:
      return { kind: 'present', number: counter(a, 0), ...(b === true ? { isFull: true } : {}) };
    case LEAVING:
      return { kind: 'leaving' };
    case PASS: {
      const trace = f === undefined ? undefined : traceOf(text(f));
      const request = { subject: subjectOf(b), reply: subjectOf(c), bytes: bytesOf(d), id: idOf(e), trace };
      return { kind: 'pass', number: counter(a, 1), request };
    }
    case PROBE:
      return { kind: 'probe', number: counter(a, 1) };
    case TAKEN:
      return { kind: 'taken', first: counter(a, 1), last: counter(b, 1) };
    case RETURNED: {
      const told = { bytes: bytesOf(c), headers: new Map(array(d).map(headerOf)) };
      return { kind: 'returned', number: counter(a, 1), reply: subjectOf(b), told };
    }
    default:
      throw new Malformed(`note ${shown(kind)} is unknown`);
  }
}

function subjectOf(candidate: unknown): string {
  return textUpTo(candidate, SUBJECT_CHARACTERS_MAX, 'subject');
}

function idOf(candidate: unknown): string | undefined {
  return candidate === null ? undefined : textUpTo(candidate, HEADER_CHARACTERS_MAX, 'request id');
}

function headerOf(candidate: unknown): [string, string] {
  const [name, value] = array(candidate);
  return [text(name), textUpTo(value, HEADER_CHARACTERS_MAX, 'header')];
}

function textUpTo(candidate: unknown, charactersMax: number, what: string): string {
  if (typeof candidate === 'string' && candidate.length <= charactersMax) return candidate;
  throw new Malformed(`a ${what} is missing or too long`);
}

function bytesOf(candidate: unknown): Uint8Array {
  if (candidate instanceof Uint8Array) return candidate;
  throw new Malformed('a body is missing');
}
