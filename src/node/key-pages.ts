// Lists the keys of a partition that any quorum of acceptors may have something for. Each of them tells what is
// on its disk once the epoch of the question is (C2, C3), so nothing of an earlier epoch is missing.

import { setTimeout as delay } from 'node:timers/promises';
import { type Configuration, isMember, isQuorum } from '../protocol/quorum.ts';
import { decodeKeysPage, encodeKeysQuestion, type KeysPage } from '../transport/keys-codec.ts';
import { internalSubjects } from '../transport/subjects.ts';
import type { Subscription, Transport } from '../transport/transport.ts';
import type { Log } from './log.ts';

interface KeyPageParts {
  readonly incarnation: string;
  readonly cluster: string;
  readonly transport: Transport;
  readonly configuration: () => Configuration;
  /** To be throttled. */
  readonly log: Log;
}

const ASK_MS = 200;
const ASKS_MAX = 25;

export class KeyPages {
  readonly #parts: KeyPageParts;
  readonly #subscription: Subscription;
  /** The answers to each question that is open. */
  readonly #open = new Map<string, Map<string, KeysPage>>();

  constructor(parts: KeyPageParts) {
    const { cluster, incarnation, transport, log } = parts;
    this.#parts = parts;
    const subject = internalSubjects(cluster).pages(incarnation);
    this.#subscription = transport.subscribe(subject, ({ bytes }) => {
      const decoded = decodeKeysPage({ cluster }, bytes);
      if (decoded.kind === 'refused') {
        log('message_refused', { subject, why: decoded.why });
        return;
      }
      const { epoch, sender, recipient, page } = decoded.envelope;
      const configuration = parts.configuration();
      if (recipient !== incarnation || epoch !== configuration.epoch || !isMember(configuration, sender))
        return;
      this.#open.get(nameOf(epoch, page))?.set(sender, page);
    });
  }

  close(): void {
    this.#subscription.close();
  }

  /** @returns all of them; undefined when no quorum of the epoch answers, or the epoch is over. */
  async list(partition: number, epoch: number): Promise<readonly string[] | undefined> {
    const all: string[] = [];
    let after = '';
    for (;;) {
      const pages = await this.#ask({ partition, after }, epoch);
      if (pages === undefined) return undefined;
      // Beyond the end of a full page its acceptor may have more.
      const ends = pages.filter(({ isLast }) => !isLast).map(({ keys }) => keys.at(-1) ?? '');
      const [end] = ends.sort();
      const keys = new Set(pages.flatMap(page => page.keys));
      all.push(...[...keys].filter(key => end === undefined || key <= end));
      if (end === undefined) return all;
      after = end;
    }
  }

  async #ask(
    question: { readonly partition: number; readonly after: string },
    epoch: number,
  ): Promise<readonly KeysPage[] | undefined> {
    const { cluster, incarnation, transport, configuration } = this.#parts;
    const answers = new Map<string, KeysPage>();
    const name = nameOf(epoch, question);
    this.#open.set(name, answers);
    try {
      for (let asks = 0; asks < ASKS_MAX; asks++) {
        if (configuration().epoch !== epoch) return undefined;
        transport.publish(
          internalSubjects(cluster).keys,
          encodeKeysQuestion({ cluster, epoch }, incarnation, question),
        );
        const untilMs = performance.now() + ASK_MS;
        while (performance.now() < untilMs) {
          if (isQuorum(configuration(), [...answers.keys()])) return [...answers.values()];
          await delay(1);
        }
      }
      return undefined;
    } finally {
      this.#open.delete(name);
    }
  }
}

function nameOf(epoch: number, { partition, after }: { partition: number; after: string }): string {
  return `${epoch} ${partition} ${after}`;
}
