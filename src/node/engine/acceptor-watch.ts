// The watch of the acceptors: who of them takes what it is sent. What is sent to one that is paused, or behind a narrow line,
// stays in the buffers of its NATS server, and once they are full the server writes no more and reads nothing more of the
// connection that the last of it came by, for up to ten seconds (nats-server issue 2679, `write_deadline`): a proposer that
// goes on publishing for all would be heard by none. So who is behind is sent nothing but a question now and then.

import type { Clock } from '../../actors/clock.ts';
import { type Configuration, isQuorum } from '../../protocol/quorum.ts';
import { internalSubjects } from '../../transport/subjects.ts';
import type { Message, Subscription, Transport } from '../../transport/transport.ts';
import type { Log } from '../process/log.ts';
import { soonestWith } from './soonest.ts';

/** A question goes out with what is sent, after so much time or so many bytes, whichever is first. */
const ASK_MS = 50;
const ASK_BYTES = 128 * 1024;
/** Who has owed an answer for so much longer than its soonest took is silent. */
export const SILENT_MS_MIN = 300;
/** And behind, sooner, if it was sent more since than a line with losses is given buffers for. */
const BEHIND_MS_MIN = 20;
export const BEHIND_BYTES_MIN = 256 * 1024;
/** After such a rest nothing is known of anybody. */
const REST_MS = 1000;
const QUESTIONS_MAX = 256;
const NOTHING = new Uint8Array(0);
const VOTING = '"status":"voting"';

export interface AcceptorWatchParts {
  readonly incarnation: string;
  readonly cluster: string;
  readonly transport: Pick<Transport, 'publish' | 'subscribe'>;
  readonly clock: Clock;
  readonly log: Log;
}

interface Question {
  readonly number: number;
  readonly askedMs: number;
  /** What had been sent before it. */
  readonly sentBytes: number;
}

/** What is known of one acceptor. */
interface Seen {
  /** The last question that it has answered, or that came before its first. */
  answered: number;
  soonestMs: number;
  /** As it said, or the server for it, which is at once where nobody listens. */
  isVoting: boolean;
  isSilent: boolean;
}

export class AcceptorWatch {
  readonly #parts: AcceptorWatchParts;
  readonly #subjects: ReturnType<typeof internalSubjects>;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  /** The last ones, in order. */
  #questions: readonly Question[] = [];
  #sentBytes = 0;
  readonly #seen = new Map<string, Seen>();

  constructor(parts: AcceptorWatchParts) {
    this.#parts = parts;
    this.#subjects = internalSubjects(parts.cluster);
    this.#inbox = this.#subjects.reach(parts.incarnation);
    this.#subscription = parts.transport.subscribe(
      `${this.#inbox}.>`,
      message => this.#hear(message),
      // What was asked meanwhile was not sent.
      { onResumed: () => this.#forgive() },
    );
  }

  /**
   * Asks them; to be called whenever something is to be sent.
   * @returns those to send it to: all but those that are behind, as far as the others vote and are a quorum; if they are none, all
   * but the silent; if these are none either, all, for then it may be the proposer that nobody hears.
   */
  reached(configuration: Configuration): readonly string[] {
    const nowMs = this.#parts.clock.nowMs();
    const { acceptors } = configuration;
    const last = this.#questions.at(-1);
    if (last !== undefined && nowMs - last.askedMs > REST_MS) this.#forgive();
    const behind = acceptors.filter(acceptor => this.#isBehind(acceptor, nowMs));
    if (last === undefined || nowMs - last.askedMs >= ASK_MS || this.#sentBytes - last.sentBytes >= ASK_BYTES)
      this.#ask(acceptors, nowMs);
    if (behind.length === 0) return acceptors;
    const silent = behind.filter(acceptor => this.#seen.get(acceptor)?.isSilent);
    for (const left of [behind, silent]) {
      const reached = acceptors.filter(acceptor => !left.includes(acceptor));
      const voting = reached.filter(acceptor => this.#seen.get(acceptor)?.isVoting);
      if (isQuorum(configuration, voting)) return reached;
    }
    return acceptors;
  }

  /** So much was sent to those who were reached. */
  sent(bytes: number): void {
    this.#sentBytes += bytes;
  }

  close(): void {
    this.#subscription.close();
  }

  #isBehind(acceptor: string, nowMs: number): boolean {
    const seen = this.#seen.get(acceptor);
    const open = seen && this.#oldestOpen(seen);
    if (seen === undefined || open === undefined) return false;
    const lateMs = nowMs - open.askedMs - seen.soonestMs;
    if (lateMs > SILENT_MS_MIN) {
      if (!seen.isSilent) this.#tell('acceptor_silent', acceptor);
      seen.isSilent = true;
    }
    return seen.isSilent || (lateMs > BEHIND_MS_MIN && this.#sentBytes - open.sentBytes > BEHIND_BYTES_MIN);
  }

  /** The first question, as far as they are remembered, that this one owes an answer to. */
  #oldestOpen({ answered }: Seen): Question | undefined {
    const [first] = this.#questions;
    return first && this.#questions[Math.max(0, answered + 1 - first.number)];
  }

  /** What was asked counts for answered. */
  #forgive(): void {
    const last = this.#questions.at(-1)?.number ?? 0;
    for (const seen of this.#seen.values()) {
      seen.answered = last;
      seen.isSilent = false;
    }
  }

  #ask(acceptors: readonly string[], nowMs: number): void {
    const { transport } = this.#parts;
    const before = this.#questions.at(-1)?.number ?? 0;
    const question = { number: before + 1, askedMs: nowMs, sentBytes: this.#sentBytes };
    this.#questions = [...this.#questions.slice(1 - QUESTIONS_MAX), question];
    for (const acceptor of acceptors) {
      if (!this.#seen.has(acceptor))
        this.#seen.set(acceptor, { answered: before, soonestMs: 0, isVoting: false, isSilent: false });
      const reply = `${this.#inbox}.${acceptor}.${question.number}`;
      transport.publish(this.#subjects.ping(acceptor), NOTHING, { reply });
    }
  }

  /** Questions come in order, so what was asked before is answered with it. */
  #hear({ subject, bytes, isNoResponders }: Message): void {
    const [acceptor = '', number] = subject.split('.').slice(-2);
    const seen = this.#seen.get(acceptor);
    const question = this.#questions.find(asked => String(asked.number) === number);
    if (seen === undefined || question === undefined || question.number <= seen.answered) return;
    const tookMs = this.#parts.clock.nowMs() - question.askedMs;
    seen.answered = question.number;
    seen.soonestMs = seen.isVoting ? soonestWith(seen.soonestMs, tookMs) : tookMs;
    seen.isVoting = !isNoResponders && Buffer.from(bytes).includes(VOTING);
    const open = this.#oldestOpen(seen);
    if (!seen.isSilent || (open !== undefined && tookMs - seen.soonestMs > SILENT_MS_MIN)) return;
    seen.isSilent = false;
    this.#tell('acceptor_heard_again', acceptor);
  }

  #tell(event: 'acceptor_silent' | 'acceptor_heard_again', acceptor: string): void {
    this.#parts.log(event, { acceptor, cluster: this.#parts.cluster });
  }
}
