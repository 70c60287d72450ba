// What a group has of stays that are over: which names are to be forgotten, by which commands, and whether every acceptor has
// (G7). Pure; who asks and who sends is its caller's business.

import type { Told } from './carrying.ts';
import type { Command, Reply } from './messages.ts';
import type { Configuration } from './quorum.ts';
import { stayOf } from './stays.ts';

interface ErasingOptions {
  readonly configuration: Configuration;
  /** What acceptors told of one page of a partition. */
  readonly told: ReadonlyMap<string, Told>;
  /** All stays below are over. */
  readonly ended: number;
  /** Of the commands: replies to earlier ones do not count (P3). */
  readonly serial: number;
}

export class Erasing {
  readonly #configuration: Configuration;
  readonly #serial: number;
  readonly #isToldByAll: boolean;
  /** By name, the acceptors that may still have it. */
  readonly #left: ReadonlyMap<string, Set<string>>;

  constructor({ configuration, told, ended, serial }: ErasingOptions) {
    const { acceptors } = configuration;
    this.#configuration = configuration;
    this.#serial = serial;
    this.#isToldByAll = acceptors.every(acceptor => told.has(acceptor));
    const names = [...told.values()].flatMap(({ holdings }) => holdings.map(({ key }) => key));
    const over = names.filter(name => (stayOf(name) ?? ended) < ended);
    this.#left = new Map(over.map(name => [name, new Set(acceptors)]));
  }

  /**
   * What all acceptors are to be sent: who has not closed such a stay closes it by this. None in a joint epoch, where all that
   * is there is copied (C3): that is a matter of not undoing each other's work.
   */
  get commands(): readonly Command[] {
    if (this.#configuration.joint !== undefined) return [];
    return [...this.#left.keys()].map(key => ({ kind: 'fetch', key, serial: this.#serial, forgets: true }));
  }

  /** @returns whether all acceptors have forgotten all of it. */
  receive(acceptor: string, reply: Reply): boolean {
    const isForgotten =
      reply.kind === 'report' && reply.serial === this.#serial && reply.accepted.counter === 0;
    if (isForgotten) this.#left.get(reply.key)?.delete(acceptor);
    return this.forgotten === this.#left.size;
  }

  /** How many names no acceptor has any more. */
  get forgotten(): number {
    return [...this.#left.values()].filter(({ size }) => size === 0).length;
  }

  /** Whether no acceptor has anything left of what any of them told, and all of them told. */
  get isClean(): boolean {
    return this.#isToldByAll && this.forgotten === this.#left.size;
  }
}
