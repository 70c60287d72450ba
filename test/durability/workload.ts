// Two proposers that work an acceptor hard: many messages under way at once, so that a turn carries several of
// them, with ballots that get in each other's way. They follow the rules (A2, P1) and keep what they sent.

import type { Command } from '../../src/protocol/messages.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import { decodeReplies, encodeCommands } from '../../src/transport/message-codec.ts';
import { internalSubjects } from '../../src/transport/subjects.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { Dice } from '../simulation/dice.ts';
import type { SentAccept } from './votes.ts';

const PROPOSERS = ['p1-cafe', 'p2-beef'];
const COMMANDS_A_MESSAGE_MAX = 24;
/** Commands that wait for their reply; a message more is sent only below that. */
const UNDER_WAY_MAX = 60;
/** Below what would make a row go on in another page. */
const VALUE_BYTES_MAX = 900;

export const KEYS: readonly string[] = Array.from({ length: 120 }, (_, i) => `orders.${i}`);

export class Workload {
  readonly #dice: Dice;
  readonly #transport: Transport;
  readonly #configuration: Configuration;
  readonly #accepts = new Map<string, Extract<Command, { kind: 'accept' }>>();
  readonly #counters = new Map<string, number>();
  #serial = 0;
  #underWay = 0;
  #wake: () => void = () => undefined;

  constructor(seed: number, transport: Transport, configuration: Configuration) {
    this.#dice = new Dice(seed);
    this.#transport = transport;
    this.#configuration = configuration;
    const subjects = internalSubjects(configuration.cluster);
    for (const proposer of PROPOSERS) {
      transport.subscribe(subjects.proposer(proposer), ({ bytes }) => {
        const decoded = decodeReplies(configuration, bytes);
        if (decoded.kind === 'refused') throw new Error(decoded.why);
        this.#underWay -= decoded.envelope.items.length;
        this.#wake();
      });
    }
  }

  readonly sentAccept: SentAccept = (proposer, key, counter) =>
    this.#accepts.get(`${proposer} ${key} ${counter}`);

  /** Sends so many messages and waits for the replies; ends early when the acceptor does. */
  async send(messages: number, ended: Promise<unknown>): Promise<void> {
    for (let i = 0; i < messages; i++) {
      const proposer = this.#dice.pick(PROPOSERS);
      const count = this.#dice.whole(1, COMMANDS_A_MESSAGE_MAX);
      this.#publish(
        proposer,
        Array.from({ length: count }, () => this.#command(proposer)),
      );
      if (!(await this.#until(UNDER_WAY_MAX, ended))) return;
    }
    await this.#until(0, ended);
  }

  /** Reads all keys. */
  async readAll(ended: Promise<unknown>): Promise<void> {
    for (const proposer of PROPOSERS)
      this.#publish(
        proposer,
        KEYS.map(key => this.#read(key)),
      );
    await this.#until(0, ended);
  }

  /** @returns false when the acceptor ended before so few commands were under way. */
  async #until(most: number, ended: Promise<unknown>): Promise<boolean> {
    let isOver = false;
    const over = ended.then(() => {
      isOver = true;
    });
    while (this.#underWay > most && !isOver) {
      await Promise.race([new Promise<void>(resolve => (this.#wake = resolve)), over]);
    }
    if (isOver) this.#underWay = 0;
    return !isOver;
  }

  #publish(proposer: string, items: readonly Command[]): void {
    this.#underWay += items.length;
    const [acceptor = ''] = this.#configuration.acceptors;
    const envelope = { sender: proposer, recipient: acceptor, items, news: [] };
    const { acceptor: subject } = internalSubjects(this.#configuration.cluster);
    this.#transport.publish(subject(acceptor), encodeCommands(this.#configuration, envelope));
  }

  #command(proposer: string): Command {
    const key = this.#dice.pick(KEYS);
    const kind = this.#dice.weighted([
      [3, 'prepare'],
      [6, 'accept'],
      [1, 'read'],
    ] as const);
    if (kind === 'read') return this.#read(key);
    const ballot = { counter: this.#counter(proposer), proposer };
    if (kind === 'prepare') return { kind, key, ballot };
    const value = new Uint8Array(this.#dice.whole(1, VALUE_BYTES_MAX)).map(() => this.#dice.below(256));
    const command = { kind, key, ballot, value, next: { counter: this.#counter(proposer), proposer } };
    this.#accepts.set(`${proposer} ${key} ${ballot.counter}`, command);
    return command;
  }

  #read(key: string): Command {
    this.#serial += 1;
    return { kind: 'read', key, serial: this.#serial };
  }

  #counter(proposer: string): number {
    const counter = (this.#counters.get(proposer) ?? 0) + this.#dice.whole(1, 3);
    this.#counters.set(proposer, counter);
    return counter;
  }
}
