// Waits until a NATS server has what was said to it, and has sent all that was for us before, whatever becomes of the
// connection meanwhile.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Transport, TransportError } from '../../transport/transport.ts';

/** Between a connection that was lost and the next attempt, perhaps over another one. */
const PAUSE_MS = 50;

/** @returns true when a server has answered a ping, over this connection or a later one; false soon after `isOver`. */
export async function flushed(transport: Pick<Transport, 'flush'>, isOver: () => boolean): Promise<boolean> {
  while (!isOver()) {
    try {
      await transport.flush();
      return true;
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      await sleep(PAUSE_MS);
    }
  }
  return false;
}
