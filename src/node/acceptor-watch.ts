// The watch of the acceptors: who of them takes what it is sent. What is sent to one that is paused, or behind a narrow line,
// stays in the buffers of its NATS server, and once they are full the server writes no more and reads nothing more of the
// connection that the last of it came by, for up to ten seconds (nats-server issue 2679, `write_deadline`): a proposer that
// goes on publishing for all would be heard by none. So who is behind is sent nothing but a question now and then.

import type { Clock } from '../actors/clock.ts';
import { type Configuration, isQuorum } from '../protocol/quorum.ts';
import { internalSubjects } from '../transport/subjects.ts';
import type { Message, Subscription, Transport } from '../transport/transport.ts';
import type { Log } from './log.ts';

/** A question goes out with what is sent, after so much time or so many bytes, whichever is first. */
const ASK_MS = 50;
const ASK_BYTES = 128 * 1024;
/** Who has not answered for so long is behind; sooner if it was sent more since than a line with losses is given buffers for. */
export const BEHIND_MS_MIN = 150;
const MUCH_BEHIND_MS_MIN = 20;
export const MUCH_BYTES = 256 * 1024;
/** After such a rest nothing is known of anybody. */
const REST_MS = 1000;
const QUESTIONS_MAX = 256;
const NOTHING = new Uint8Array(0);

interface AcceptorWatchParts {
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

export class AcceptorWatch {
  readonly #parts: AcceptorWatchParts;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  /** The last ones, in order. */
  #questions: readonly Question[] = [];
  #sentBytes = 0;
  /** The last question that each has answered, or was not asked. */
  readonly #answered = new Map<string, number>();
  /** Somebody answered: before that it may be that nobody may. */
  #isHeard = false;
  /** Those whose silence was logged. */
  readonly #silent = new Set<string>();

  constructor(parts: AcceptorWatchParts) {
    this.#parts = parts;
    this.#inbox = internalSubjects(parts.cluster).reach(parts.incarnation);
    this.#subscription = parts.transport.subscribe(`${this.#inbox}.>`, message => this.#hear(message));
  }

  /**
   * Asks them; to be called whenever something is to be sent.
   * @returns those to send it to: all but those that are behind, as far as the others are a quorum.
   */
  reached(configuration: Configuration): readonly string[] {
    const nowMs = this.#parts.clock.nowMs();
    const { acceptors } = configuration;
    const last = this.#questions.at(-1);
    if (last === undefined || nowMs - last.askedMs > REST_MS) this.#answered.clear();
    const behind = acceptors.filter(acceptor => this.#isBehind(acceptor, nowMs));
    if (last === undefined || nowMs - last.askedMs >= ASK_MS || this.#sentBytes - last.sentBytes >= ASK_BYTES)
      this.#ask(acceptors, nowMs);
    return behind.length === 0 ? acceptors : this.#without(behind, configuration);
  }

  /** So much was sent to those who were reached. */
  sent(bytes: number): void {
    this.#sentBytes += bytes;
  }

  close(): void {
    this.#subscription.close();
  }

  #isBehind(acceptor: string, nowMs: number): boolean {
    const open = this.#oldestOpen(acceptor);
    const sinceMs = open === undefined ? 0 : nowMs - open.askedMs;
    this.#tell(acceptor, sinceMs > BEHIND_MS_MIN);
    const isMuch = open !== undefined && this.#sentBytes - open.sentBytes > MUCH_BYTES;
    return sinceMs > (isMuch ? MUCH_BEHIND_MS_MIN : BEHIND_MS_MIN);
  }

  #tell(acceptor: string, isSilent: boolean): void {
    if (isSilent === this.#silent.has(acceptor)) return;
    if (isSilent) this.#silent.add(acceptor);
    else this.#silent.delete(acceptor);
    this.#parts.log(isSilent ? 'acceptor_silent' : 'acceptor_heard_again', { acceptor });
  }

  /** The first question, as far as they are remembered, that this one owes an answer to. */
  #oldestOpen(acceptor: string): Question | undefined {
    const answered = this.#answered.get(acceptor);
    const [first] = this.#questions;
    if (answered === undefined || first === undefined || !this.#isHeard) return undefined;
    return this.#questions[Math.max(0, answered + 1 - first.number)];
  }

  /** Leaves out those that are behind, those that are it longest first, as long as what is left is a quorum. */
  #without(behind: readonly string[], configuration: Configuration): readonly string[] {
    const worstFirst = [...behind].sort(
      (one, other) => (this.#answered.get(one) ?? 0) - (this.#answered.get(other) ?? 0),
    );
    let reached = configuration.acceptors;
    for (const acceptor of worstFirst) {
      const left = reached.filter(other => other !== acceptor);
      if (isQuorum(configuration, left)) reached = left;
    }
    return reached;
  }

  #ask(acceptors: readonly string[], nowMs: number): void {
    const { cluster, transport } = this.#parts;
    const before = this.#questions.at(-1)?.number ?? 0;
    const question = { number: before + 1, askedMs: nowMs, sentBytes: this.#sentBytes };
    this.#questions = [...this.#questions.slice(1 - QUESTIONS_MAX), question];
    for (const acceptor of acceptors) {
      if (!this.#answered.has(acceptor)) this.#answered.set(acceptor, before);
      const reply = `${this.#inbox}.${acceptor}.${question.number}`;
      transport.publish(internalSubjects(cluster).ping(acceptor), NOTHING, { reply });
    }
  }

  /**
   * Questions come in order, so what was asked before is answered with it. For who is not there the server answers: nothing
   * waits for that one.
   */
  #hear({ subject }: Message): void {
    const [acceptor = '', asked] = subject.split('.').slice(-2);
    const number = Number(asked);
    const answered = this.#answered.get(acceptor);
    this.#isHeard = true;
    if (answered !== undefined && number > answered) this.#answered.set(acceptor, number);
  }
}
