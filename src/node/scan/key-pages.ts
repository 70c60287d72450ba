// Asks acceptors what they have of a partition, page by page. Each of them tells what is on its disk once the epoch of
// the question is (C2, C3), so that a quorum of them leaves nothing of an earlier epoch out.

import type { Told } from '../../protocol/carrying.ts';
import { type Configuration, isMember, isQuorum } from '../../protocol/quorum.ts';
import {
  decodeKeysPage,
  encodeKeysQuestion,
  type KeysPage,
  type KeysQuestion,
} from '../../transport/keys-codec.ts';
import { internalSubjects } from '../../transport/subjects.ts';
import type { Subscription, Transport } from '../../transport/transport.ts';
import { envelopeOf } from '../process/envelope-of.ts';
import type { Log } from '../process/log.ts';

export interface KeyPageParts {
  readonly incarnation: string;
  readonly transport: Transport;
  readonly configuration: () => Configuration;
  /** To be throttled. */
  readonly log: Log;
}

interface Question {
  readonly answers: Map<string, KeysPage>;
  readonly onAnswer: () => void;
}

/** A question without its number. */
type PageQuestion = Omit<KeysQuestion, 'serial'>;

export const ASK_MS = 200;
const ASKS_MAX = 25;
/** No acceptor has this id: none tells values. */
export const NOBODY = '';

export class KeyPages {
  readonly #parts: KeyPageParts;
  readonly #subscription: Subscription;
  readonly #open = new Map<number, Question>();
  /** Those who did not answer in time lately: nobody waits for them until they do. */
  readonly #silent = new Set<string>();
  #lastSerial = 0;

  constructor(parts: KeyPageParts) {
    const { incarnation, transport, configuration, log } = parts;
    this.#parts = parts;
    const subject = internalSubjects(configuration().cluster).pages(incarnation);
    this.#subscription = transport.subscribe(subject, ({ bytes }) => {
      const own = configuration();
      const envelope = envelopeOf(decodeKeysPage(own, bytes), subject, log);
      if (envelope === undefined) return;
      const { founder, epoch, sender, recipient, page } = envelope;
      // S6: its engine takes one of the clusters first.
      if (own.founder === undefined && founder !== undefined) return;
      if (recipient !== incarnation || epoch !== own.epoch || !isMember(own, sender)) return;
      this.#silent.delete(sender);
      const question = this.#open.get(page.serial);
      question?.answers.set(sender, page);
      question?.onAnswer();
    });
  }

  close(): void {
    this.#subscription.close();
  }

  /**
   * What each acceptor that answers has of the keys of one page, of all acceptors the same keys, with the values of `source`.
   * All of them were asked after the call began.
   * @returns after which key the next page begins, if there is one; undefined when no quorum of the epoch answers, or the
   * epoch is over.
   */
  async page(
    question: PageQuestion,
    epoch: number,
    asksMax = ASKS_MAX,
  ): Promise<{ readonly told: ReadonlyMap<string, Told>; readonly next: string | undefined } | undefined> {
    const pages = await this.#ask(question, epoch, asksMax);
    if (pages === undefined) return undefined;
    // Beyond the end of a page that is not the last its acceptor may have more.
    const ends = [...pages.values()].filter(({ isLast }) => !isLast).map(({ end }) => end);
    const [next] = ends.sort();
    const within = ({ key }: { readonly key: string }): boolean => next === undefined || key <= next;
    const told = [...pages].map(([acceptor, { floor, closedTo, remains, holdings }]) => {
      return [acceptor, { floor, closedTo, remains, holdings: holdings.filter(within) }] as const;
    });
    return { told: new Map(told), next };
  }

  /** One of those that were there before: they have the values. The partitions are shared out among them. */
  source(partition: number): string {
    const { acceptors, joint } = this.#parts.configuration();
    const before = (joint?.before ?? acceptors).filter(acceptor => !this.#silent.has(acceptor));
    return before[partition % before.length] ?? '';
  }

  async #ask(
    question: PageQuestion,
    epoch: number,
    asksMax: number,
  ): Promise<ReadonlyMap<string, KeysPage> | undefined> {
    const { incarnation, transport, configuration } = this.#parts;
    const { keys: subject } = internalSubjects(configuration().cluster);
    this.#lastSerial += 1;
    const serial = this.#lastSerial;
    const bytes = encodeKeysQuestion({ ...configuration(), epoch }, incarnation, { ...question, serial });
    for (let asks = 0; asks < asksMax && configuration().epoch === epoch; asks++) {
      const answers = await this.#answers(serial, () => transport.publish(subject, bytes));
      for (const acceptor of configuration().acceptors)
        if (!answers.has(acceptor)) this.#silent.add(acceptor);
      if (configuration().epoch === epoch && isQuorum(configuration(), [...answers.keys()])) return answers;
    }
    return undefined;
  }

  /** Of all who are not silent, or of those who answer in time. */
  #answers(serial: number, ask: () => void): Promise<ReadonlyMap<string, KeysPage>> {
    const answers = new Map<string, KeysPage>();
    return new Promise(resolve => {
      const end = (): void => {
        clearTimeout(timer);
        this.#open.delete(serial);
        resolve(answers);
      };
      const timer = setTimeout(end, ASK_MS);
      const onAnswer = (): void => {
        const { acceptors } = this.#parts.configuration();
        const isWaiting = acceptors.some(acceptor => !answers.has(acceptor) && !this.#silent.has(acceptor));
        if (!isWaiting && isQuorum(this.#parts.configuration(), [...answers.keys()])) end();
      };
      this.#open.set(serial, { answers, onAnswer });
      ask();
    });
  }
}
