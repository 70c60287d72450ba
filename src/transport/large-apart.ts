// Two connections as one Transport: what is large, or goes to those who only watch, has one of its own. Who leaves unread what
// it is sent can make a NATS server stop to read what is published to it (nats-server issue 2679, `write_deadline`), and
// then only that waits.

import type { Transport } from './transport.ts';

/** As many of these as a proposer has requests in hand fit into the buffers of a connection. */
export const SMALL_BYTES_MAX = 1024;

/** @param isApart of a subject on which all goes the second way, however small */
export function largeApart(
  small: Transport,
  large: Transport,
  isApart: (subject: string) => boolean,
): Transport {
  const wayOf = (subject: string, bytes: Uint8Array): Transport =>
    bytes.length > SMALL_BYTES_MAX || isApart(subject) ? large : small;
  return {
    publish: (subject, bytes, options) => wayOf(subject, bytes).publish(subject, bytes, options),
    publishToEach: (subjects, bytes, headers) => {
      for (const way of [small, large]) {
        const those = subjects.filter(subject => wayOf(subject, bytes) === way);
        way.publishToEach(those, bytes, headers);
      }
    },
    subscribe: (pattern, onMessage, options) => small.subscribe(pattern, onMessage, options),
    // The way of what comes in, which is not to seem slow for those who leave unread what goes out the other way.
    flush: () => small.flush(),
    close: async () => {
      await Promise.all([small.close(), large.close()]);
    },
  };
}
