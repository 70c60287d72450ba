// Refusals: who is turned away, told so at the end of the turn of the event loop, all of that turn at once. It is what is done
// most when there is least time.

import { type Format, formatOf } from '../../transport/body-codec.ts';
import { encodeBadRequest } from '../../transport/reply-codec.ts';
import { BadRequest } from '../../transport/service-errors.ts';
import type { Transport } from '../../transport/transport.ts';
import type { ServiceStats } from './service-stats.ts';

const TOO_MANY = new BadRequest('overloaded', 'Too many requests wait already: retry later');
export const FULL = {
  json: encodeBadRequest('json', TOO_MANY),
  msgpack: encodeBadRequest('msgpack', TOO_MANY),
};

export class Refusals {
  readonly #transport: Pick<Transport, 'publishToEach'>;
  readonly #stats: Pick<ServiceStats, 'turnAway'>;
  /** The reply subjects of those to be told. */
  readonly #waiting: Record<Format, string[]> = { json: [], msgpack: [] };
  #isWaiting = false;

  constructor(transport: Pick<Transport, 'publishToEach'>, stats: Pick<ServiceStats, 'turnAway'>) {
    this.#transport = transport;
    this.#stats = stats;
  }

  /** @param reply where it is told; '' for nowhere */
  turnAway(reply: string, bytes: Uint8Array): void {
    if (reply === '') {
      this.#stats.turnAway('overloaded');
      return;
    }
    this.#waiting[formatOf(bytes)].push(reply);
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    setImmediate(() => this.#tell());
  }

  #tell(): void {
    this.#isWaiting = false;
    for (const format of ['json', 'msgpack'] as const) {
      const asked = this.#waiting[format];
      if (asked.length === 0) continue;
      this.#waiting[format] = [];
      this.#stats.turnAway('overloaded', asked.length);
      const { bytes, headers } = FULL[format];
      this.#transport.publishToEach(asked, bytes, headers);
    }
  }
}
