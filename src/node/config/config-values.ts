// The single values of a configuration: what each may be, and the words for what it may not. A value arrives
// as text (flag, environment) or as JSON (file); both end as the same type. Which keys exist is config.ts's.

import { accessSync, constants } from 'node:fs';
import { z } from 'zod';
import { INTERNAL_PREFIX } from '../../transport/subjects.ts';

const IDENTIFIER = 'it must be 1 to 32 of the characters A-Z, a-z, 0-9, _ and -';
const URL_FORM =
  'it must be nats://HOST:PORT or tls://HOST:PORT, several with commas between, and without a user in it';
const PREFIX_FORM =
  "it must be words of A-Z, a-z, 0-9, _ and - joined by dots, 64 characters at most, and outside Synod's own " +
  'space (synod-internal) and that of replies (_INBOX)';
const ORIGIN_FORM =
  'it must be what pages are loaded from, as http://localhost:8080, several with commas between';
const LISTEN_FORM = 'it must be HOST:PORT or PORT, as 127.0.0.1:9464';
const RESERVED_WORDS: readonly string[] = [INTERNAL_PREFIX, '_INBOX'];

/** Names that become a term of a subject. */
export const identifier = z.string(IDENTIFIER).regex(/^[A-Za-z0-9_-]{1,32}$/, IDENTIFIER);

export const identifierList = commaList(
  z
    .array(identifier, 'it must be a list of names')
    .min(1, 'it must have at least one name')
    .max(99, 'it must have at most 99 names')
    .refine(names => new Set(names).size === names.length, 'it must not have a name twice'),
);

export const natsUrls = commaList(
  z.array(z.string(URL_FORM).refine(isNatsUrl, URL_FORM), URL_FORM).min(1, URL_FORM).max(99, URL_FORM),
);

/** Where browsers loaded a page from, as they say it in the header Origin. */
export const webOrigins = commaList(
  z
    .array(
      z.string(ORIGIN_FORM).regex(/^https?:\/\/(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/, ORIGIN_FORM),
      ORIGIN_FORM,
    )
    .min(1, ORIGIN_FORM)
    .max(99, ORIGIN_FORM),
);

export const subjectPrefix = z
  .string(PREFIX_FORM)
  .max(64, PREFIX_FORM)
  .regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, PREFIX_FORM)
  .refine(prefix => !RESERVED_WORDS.includes(prefix.split('.')[0] ?? ''), PREFIX_FORM);

/** Where to listen: HOST:PORT, or a port of this machine's own loopback. */
export const listenAddress = z
  .string(LISTEN_FORM)
  .regex(/^(?:(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):)?\d{1,5}$/, LISTEN_FORM)
  .transform(given => {
    const colon = given.lastIndexOf(':');
    const host = given.slice(0, Math.max(0, colon)).replace(/^\[|\]$/g, '');
    return { host: host === '' ? '127.0.0.1' : host, port: Number(given.slice(colon + 1)) };
  })
  .refine(({ port }) => port <= 65_535, LISTEN_FORM);

export const logFormat = z.enum(['auto', 'text', 'json'], 'it must be auto, text or json');

/** What an acceptor that must not vote does. */
export const endOrStay = z.enum(['end', 'stay'], 'it must be end or stay');
/** Which acceptors a proposer asks to vote at once. */
export const quorumOrAll = z.enum(['quorum', 'all'], 'it must be quorum or all');
export const onOrOff = z.enum(['on', 'off'], 'it must be on or off');

export const text = z.string('it must be text').min(1, 'it must not be empty');

/** A file that must be there at start, so that its absence is told before anything is tried. */
export const readableFile = text.refine(isReadable, 'it must be a file that can be read');

/** The same for a directory as well. */
export const readablePath = text.refine(isReadable, 'it must be a file or a directory that can be read');

/** A whole number between two bounds, both included. */
export function wholeNumber(min: number, max: number) {
  const form = `it must be a whole number from ${min} to ${max}`;
  const number = z.int(form).min(min, form).max(max, form);
  return z.preprocess(given => (isDigits(given) ? Number(given) : given), number);
}

/** A list, or a text with commas between its items. */
export function commaList<Item extends z.ZodType>(list: Item) {
  return z.preprocess(
    given => (typeof given === 'string' ? given.split(',').map(item => item.trim()) : given),
    list,
  );
}

function isDigits(given: unknown): given is string {
  return typeof given === 'string' && /^\d{1,15}$/.test(given);
}

function isNatsUrl(url: string): boolean {
  const match = /^(?:(?:nats|tls):\/\/)?(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?\/?$/.exec(url);
  if (match === null) return false;
  const port = Number(match[1] ?? '4222');
  return port >= 1 && port <= 65_535;
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
