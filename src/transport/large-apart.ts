// Two connections as one Transport: what is large, or goes to those who only watch, has one of its own. Who leaves unread what
// it is sent can make a NATS server stop to read what is published to it (nats-server issue 2679, `write_deadline`), and
// then only that waits.

import type { Transport } from './transport.ts';

/** 4,096 of these, as many as a proposer has requests in hand by default, are 4 MiB: about what the buffers of a connection take. */
export const SMALL_BYTES_MAX = 1024;

/** @param isApart of a subject on which all goes the second way, however small */
export function largeApart(
  small: Transport,
  large: Transport,
  isApart: (subject: string) => boolean,
): Transport {
  const wayOf = (subject: string, bytes: Uint8Array): Transport =>
    large.isConnected && (bytes.length > SMALL_BYTES_MAX || isApart(subject)) ? large : small;
  return {
    get isConnected() {
      return small.isConnected;
    },
    publish: (subject, bytes, options) => wayOf(subject, bytes).publish(subject, bytes, options),
    publishToEach: (subjects, bytes, headers) => {
      const apart: string[] = [];
      const others: string[] = [];
      for (const subject of subjects) (wayOf(subject, bytes) === large ? apart : others).push(subject);
      small.publishToEach(others, bytes, headers);
      large.publishToEach(apart, bytes, headers);
    },
    subscribe: (pattern, onMessage, options) => small.subscribe(pattern, onMessage, options),
    // Tells how long the way in is, which must not wait for the large.
    flush: () => small.flush(),
    close: async () => {
      await Promise.all([small.close(), large.close()]);
    },
  };
}
